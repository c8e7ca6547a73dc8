import type { Caller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import { IS_OWN_OBSERVER } from './services.ts'

/** SQL for the circles of which the peer `@self` may report what forges and repositories say: all of them for the service that the daemon runs itself. */
export const OBSERVED_CIRCLES = `SELECT circle_id FROM observing WHERE peer_id = @self UNION ALL SELECT id FROM circles WHERE ${IS_OWN_OBSERVER}`

/** Whether a caller may report what forges and repositories say: the administrator, whom it has let do so, somewhere, and the daemon's own service. */
export function mayObserve(reader: Reader, caller: Caller): boolean {
  if (caller.kind !== 'peer') return caller.kind === 'admin'
  return reader.get(`SELECT 1 WHERE EXISTS (${OBSERVED_CIRCLES})`, { self: caller.peerId }) !== undefined
}
