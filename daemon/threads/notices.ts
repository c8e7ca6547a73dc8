import { LIMITS } from '../../src/limits.ts'
import { findPeer, type PeerRow, peersOfRole, refOf } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import type { ThreadDeps } from './deps.ts'
import { openThread } from './open.ts'
import { type Cause, NO_CAUSE, postMore } from './post.ts'
import { findThread, priorityNumber, type ThreadRow } from './rows.ts'

/** How many orchestrators of a circle are told of a trouble. */
const MAX_TOLD = 10

/**
 * The daemon tells a peer something, in a thread of its own that needs no answer.
 *
 * @returns the thread; `undefined` where the peer has retired
 */
export function tellPeer(tx: Tx, deps: ThreadDeps, peerId: number, body: string, cause: Cause = NO_CAUSE): number | undefined {
  const peer = findPeer(tx, peerId)
  if (!peer || peer.retired_at !== null) return undefined
  return tell(tx, deps, [peer], body, { cause }).threadId
}

/** What a peer is told before anything else. */
export interface FirstWord {
  readonly body: string
  /** What another peer said for it, in its own name: it is that peer's text, and no model may take it for the daemon's. */
  readonly quoting?: { readonly from: number; readonly body: string } | undefined
}

/** Like {@link tellPeer}, ahead of all that waits for the peer but other control notices. */
export function tellFirst(tx: Tx, deps: ThreadDeps, peerId: number, { body, quoting }: FirstWord): void {
  const peer = findPeer(tx, peerId)
  if (!peer || peer.retired_at !== null) return
  const { threadId } = tell(tx, deps, [peer], body, { control: true })
  if (!quoting) return
  const draft = {
    kind: 'reply',
    sender: quoting.from,
    from: refOf(tx, quoting.from),
    body: quoting.body,
    recipients: [peerId],
    solicited: false,
    cause: NO_CAUSE,
  } as const
  postMore(tx, deps, findThread(tx, threadId) as ThreadRow, { ...draft, control: true })
}

/** The daemon tells the orchestrators of a circle. */
function tellOrchestrators(tx: Tx, deps: ThreadDeps, circleId: number, body: string): void {
  const peers = peersOfRole(tx, circleId, 'orchestrator', MAX_TOLD)
  if (peers.length > 0) tell(tx, deps, peers, body)
}

interface Manner {
  readonly cause?: Cause
  /** Overtakes what is queued. */
  readonly control?: boolean
}

function tell(tx: Tx, deps: ThreadDeps, recipients: readonly PeerRow[], body: string, { cause = NO_CAUSE, control = false }: Manner = {}) {
  const circleId = (recipients[0] as PeerRow).circle_id
  const opening = { kind: 'notify', opener: null, from: null, recipients, circleId, body } as const
  return openThread(tx, deps, { ...opening, control, priority: priorityNumber('urgent'), cause, deadlineAt: null, escalateTo: null })
}

const PARK = `INSERT INTO pairs (a, b, times, parked_at, parked_until, reason) VALUES (?, ?, '[]', ?, ?, ?)
  ON CONFLICT (a, b) DO UPDATE SET times = '[]', parked_at = excluded.parked_at, parked_until = excluded.parked_until, reason = excluded.reason`

/** Parks two peers that keep each other busy, and tells the orchestrators of the circle. */
export function parkPair(tx: Tx, deps: ThreadDeps, pair: { readonly a: number; readonly b: number; readonly circleId: number; readonly reason: string }): void {
  const earlier = tx.get<{ parked_until: number | null }>('SELECT parked_until FROM pairs WHERE a = ? AND b = ?', pair.a, pair.b)
  if (earlier?.parked_until && earlier.parked_until > tx.now) return
  tx.run(PARK, pair.a, pair.b, tx.now, tx.now + LIMITS.pairParkedMs, pair.reason)
  const [a, b] = [findPeer(tx, pair.a)?.name, findPeer(tx, pair.b)?.name]
  tx.event({ type: 'pair.parked', peer: pair.a, circle: pair.circleId, audience: 'granted', subject: ['peer', pair.b], changed: { reason: pair.reason } })
  deps.onTrouble(tx, { source: 'parked_pair', about: pair.a, other: pair.b })
  const minutes = LIMITS.pairParkedMs / 60_000
  tellOrchestrators(tx, deps, pair.circleId, `${a} and ${b} were parked for ${minutes} minutes: ${pair.reason}. pairs.release lets them go on at once.`)
}
