import { LIMITS } from '../src/limits.ts'
import type { Clock } from './clock.ts'
import type { Link } from './gateway/deps.ts'
import type { PresenceTracker } from './peers/presence.ts'
import type { DueTimer } from './store/timer.ts'

/** One heartbeat for all connections; their answers stay in memory. Postponed, it gives every answer on its way a full period. */
export function addHeartbeat(timer: DueTimer, clock: Clock, connections: Set<Link>, presence: PresenceTracker): { readonly postpone: () => void } {
  let dueAt = clock.monoMs() + LIMITS.heartbeatMs
  const postpone = () => {
    dueAt = clock.monoMs() + LIMITS.heartbeatMs
  }
  timer.add({
    next: () => ({ mono: dueAt }),
    run: () => {
      postpone()
      for (const connection of [...connections]) connection.beat()
      presence.settleUnwritten()
    },
  })
  return { postpone }
}
