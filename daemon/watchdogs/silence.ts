import { LIMITS } from '../../src/limits.ts'
import { findPeer, maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { lastWordOf } from '../threads/index.ts'
import { type Gone, type Judgement, lastsUntil, OUT_OF_SIGHT, type Sight } from './judgement.ts'
import type { WatchdogRow } from './rows.ts'

/**
 * Whether a peer has been silent for too long: since its last word, and since the watchdog was made. A peer cannot be heard while the daemon is
 * down or the machine asleep, so afterwards it gets its time anew, an hour at most.
 *
 * @param hearsSince - wall time since which peers can be heard
 */
export function judgeSilence(reader: Reader, row: WatchdogRow, { owner, open, now }: Sight, hearsSince: number): Judgement | Gone {
  const peer = findPeer(reader, row.peer_id as number)
  if (!peer || peer.retired_at !== null) return { gone: `${peer?.name ?? 'the peer'} has retired`, wellDone: false }
  if (!maySee(reader, owner, peer.circle_id)) return { gone: OUT_OF_SIGHT, wellDone: false }
  const heardAt = lastWordOf(reader, peer.id) ?? peer.created_at
  const [silence] = open
  if (silence && heardAt <= silence.since) return { found: [], over: [], next: now + row.for_ms }
  const over = silence ? [{ breach: silence, at: heardAt, outcome: 'spoke' }] : []
  const due = Math.max(lastsUntil(Math.max(heardAt, row.created_at), row.for_ms, now), lastsUntil(hearsSince, Math.min(row.for_ms, LIMITS.watchGraceMs), now))
  if (due > now) return { found: [], over, next: due }
  return { found: [{ subject: peer.id, since: heardAt }], over, next: now + row.for_ms }
}
