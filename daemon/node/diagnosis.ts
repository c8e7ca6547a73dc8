import type { Output } from '../../src/contract/index.ts'
import { CONTRACT_REVISION } from '../../src/contract/revision.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import type { Query } from '../caller.ts'
import type { Ingress } from '../ingress/index.ts'
import { hasLiveCredential, retiredPeers, timeOrNull } from '../peers/index.ts'
import type { Services } from '../services/index.ts'
import { outboxState } from '../store/outbox.ts'
import type { Reader, Store } from '../store/store.ts'
import { isAwaited, stuckDeliveries } from '../threads/index.ts'

/** What the clock did while this process ran. */
export interface ClockJumps {
  count: number
  /** Wall time of the last one, behind the jump. */
  lastAt: number | null
  lastByMs: number | null
}

export interface DiagnosisSource {
  readonly store: Store
  readonly jumps: ClockJumps
  readonly services: Pick<Services, 'status'>
  readonly ingress: Pick<Ingress, 'troubles'>
  readonly now: () => number
}

/** What only the daemon knows of its own health; `muster doctor` judges it. */
export function diagnoseNode({ store, jumps, services, ingress, now }: DiagnosisSource): Query<'node.diagnose'> {
  return (reader): Output<'node.diagnose'> => {
    const pragma = (name: string): number => store.db.pragma(name, { simple: true }) as number
    const outbox = outboxState(reader)
    return {
      process: { pid: process.pid, node: process.versions.node, platform: process.platform },
      revision: CONTRACT_REVISION,
      clock: { at: formatTime(now()), jumps: jumps.count, lastAt: timeOrNull(jumps.lastAt), lastByMs: jumps.lastByMs },
      database: {
        schema: pragma('user_version'),
        bytes: pragma('page_count') * pragma('page_size'),
        freeBytes: pragma('freelist_count') * pragma('page_size'),
      },
      outbox: { ...outbox, oldestAt: timeOrNull(outbox.oldestAt) },
      stuck: stuckDeliveries(reader, now()),
      leftovers: leftovers(reader),
      services: services.status().map(({ name, parts }) => ({ name, parts: [...parts] })),
      sources: ingress.troubles(reader),
    }
  }
}

/** What those of the newest 1,000 peers left that have retired: a retirement ends all of it, so that there is some means that one is stuck, or under way. */
function leftovers(reader: Reader): Output<'node.diagnose'>['leftovers'] {
  const retired = retiredPeers(reader, LIMITS.maxExamined)
  return {
    awaited: retired.filter((id) => isAwaited(reader, id)).length,
    credentials: retired.filter((id) => hasLiveCredential(reader, id)).length,
  }
}
