import type { Caller } from '../caller.ts'
import type { Reader } from '../store/store.ts'

/** SQL for the circles of which the peer `@self` may report what forges and repositories say. */
export const OBSERVED_CIRCLES = 'SELECT circle_id FROM observing WHERE peer_id = @self'

/** Whether a caller may report what forges and repositories say: the administrator, and whom it has let do so, somewhere. */
export function mayObserve(reader: Reader, caller: Caller): boolean {
  return caller.kind === 'admin' || (caller.kind === 'peer' && reader.get('SELECT 1 FROM observing WHERE peer_id = ? LIMIT 1', caller.peerId) !== undefined)
}
