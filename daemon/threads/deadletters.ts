import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller, Command, PeerCaller, Query } from '../caller.ts'
import { GRANTED_CIRCLES, hasGrant, isActive, refOf, resolvePast } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { closeThread } from './close.ts'
import { type FailureOutcome, failDelivery } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { bodyBytes, fitting } from './page.ts'
import { postMore } from './post.ts'
import { type DeliveryRow, findDelivery, findMessage, findThread, type MessageRow, type ThreadRow, toDelivery, toMessage } from './rows.ts'

/** {@link failDelivery}, and where that was the last straw, tells whoever sent it: an ask that cannot be delivered fails. */
export function failOrBury(tx: Tx, deps: ThreadDeps, row: DeliveryRow, reason: string, counts: boolean): FailureOutcome {
  const outcome = failDelivery(tx, deps, row, reason, counts)
  if (outcome === 'dead') tellOfDeath(tx, deps, row, reason)
  return outcome
}

/** The event of a dead letter, and the notice to its sender. */
export function tellOfDeath(tx: Tx, deps: ThreadDeps, row: DeliveryRow, reason: string): void {
  const thread = findThread(tx, row.thread_id) as ThreadRow
  const message = findMessage(tx, row.message_id) as MessageRow
  const changed = { reason, message: tx.id('message', message.id) }
  tx.event({ type: 'delivery.dead', peer: row.peer_id, circle: thread.circle_id, audience: 'granted', subject: ['delivery', row.id], changed })
  deps.onTrouble(tx, { source: 'dead_letters', about: row.peer_id })
  const body = `Could not be delivered to ${refOf(tx, row.peer_id)?.name}: ${reason}. It is kept as a dead letter (${tx.id('delivery', row.id)}).`
  if (thread.state === 'open' && message.id === thread.head) {
    closeThread(tx, deps, thread, { state: 'failed', kind: 'fail', by: null, body, reason })
    return
  }
  // The daemon has no mailbox, and a peer that cannot be told of its own failure is on the list of dead letters already.
  if (message.sender_id === null || message.sender_id === row.peer_id || !isActive(tx, message.sender_id)) return
  const cause = { causedBy: message.id, hops: message.hops, attended: message.attended === 1 }
  const draft = { kind: 'fail', sender: null, from: null, body, recipients: [message.sender_id], solicited: true, cause, control: true } as const
  const told = postMore(tx, deps, thread, draft)
  const about = { peer: message.sender_id, circle: thread.circle_id, audience: 'granted', subject: ['thread', thread.id] } as const
  tx.event({ type: 'thread.message', ...about, changed: { message: tx.id('message', told.messageId) } })
}

/** By the index of the dead letters, which are few; in the order of the table every delivery would be looked at. */
const DEAD = `SELECT d.* FROM deliveries d INDEXED BY deliveries_dead JOIN messages m ON m.id = d.message_id WHERE d.state = 'dead' AND d.id > @after`

/** SQL for whether a dead letter is of a thread that is read by a grant. */
const OVERSEEN = `(SELECT t.circle_id FROM threads t WHERE t.id = d.thread_id) IN (${GRANTED_CIRCLES})`

/** The dead letters of a peer's mailbox and of its own sending, up to a thousand; all there are, for nobody. */
export function deadLetters(reader: Reader, self: number | null): DeliveryRow[] {
  const sql = `${DEAD} AND (@self IS NULL OR d.peer_id = @self OR m.sender_id = @self) ORDER BY d.id LIMIT ${LIMITS.maxExamined}`
  return reader.all<DeliveryRow>(sql, { after: 0, self })
}

export function listDead(deps: Pick<ThreadDeps, 'dispatcher'>): Query<'mailbox.dead'> {
  return (reader, caller, input) => {
    const after = input.after === undefined ? 0 : reader.number('delivery', input.after)
    const peer = input.peer === undefined ? null : resolvePast(reader, caller, input.peer).id
    const self = caller.kind === 'peer' ? caller.peerId : null
    const oversees = caller.kind === 'peer' && mayOversee(caller) ? 1 : 0
    const rows = reader.all<DeliveryRow>(
      `${DEAD} AND (@peer IS NULL OR d.peer_id = @peer) AND (@self IS NULL OR d.peer_id = @self OR m.sender_id = @self OR (@oversees AND ${OVERSEEN}))
        ORDER BY d.id LIMIT @limit`,
      { after, peer, self, oversees, limit: input.limit + 1 },
    )
    const page = fitting(rows.slice(0, input.limit), (row) => bodyBytes(reader, row.message_id))
    const last = rows.length > page.length ? page.at(-1) : undefined
    return { dead: page.map((row) => toDeadLetter(reader, deps, row)), after: last ? reader.id('delivery', last.id) : null }
  }
}

function toDeadLetter(reader: Reader, deps: Pick<ThreadDeps, 'dispatcher'>, row: DeliveryRow): Output<'mailbox.dead'>['dead'][number] {
  const message = findMessage(reader, row.message_id) as MessageRow
  const delivery = toDelivery(reader, row, deps.dispatcher.flights.get(row.id))
  return { delivery, message: toMessage(reader, message), diedAt: formatTime(row.ended_at ?? row.queued_at), reason: row.reason ?? '' }
}

export function createDeadLetterHandlers(deps: ThreadDeps) {
  const replay: Command<'mailbox.replay'> = {
    run(tx, caller, input) {
      const row = deadOf(tx, caller, input.delivery)
      if (!isActive(tx, row.peer_id)) {
        throw new MusterError('not_found', { hint: 'The recipient has retired; the dead letter can only be discarded.' })
      }
      replayDead(tx, deps, row, actorOf(caller))
      return { delivery: toDelivery(tx, findDelivery(tx, row.id) as DeliveryRow, undefined) }
    },
  }
  const discard: Command<'mailbox.discard'> = {
    run(tx, caller, input) {
      const row = deadOf(tx, caller, input.delivery)
      discardDead(tx, deps, row, actorOf(caller))
      return { delivery: toDelivery(tx, findDelivery(tx, row.id) as DeliveryRow, undefined) }
    },
  }
  return { replay, discard }
}

export function replayDead(tx: Tx, deps: ThreadDeps, row: DeliveryRow, actor: number | null): void {
  tx.run(
    "UPDATE deliveries SET state = 'queued', attempt = 0, failures = 0, backoff_ms = 0, solicited = 1, ended_at = NULL, reason = 'replayed' WHERE id = ?",
    row.id,
  )
  note(tx, deps, row, 'delivery.replayed', actor)
  tx.after(() => deps.dispatcher.wake(row.peer_id))
}

export function discardDead(tx: Tx, deps: ThreadDeps, row: DeliveryRow, actor: number | null): void {
  tx.run("UPDATE deliveries SET state = 'withdrawn', ended_at = ?, reason = 'discarded' WHERE id = ?", tx.now, row.id)
  note(tx, deps, row, 'delivery.discarded', actor)
}

/** The dead letters of one mailbox, the oldest first. */
export function deadOfMailbox(reader: Reader, peerId: number, limit: number): DeliveryRow[] {
  return reader.all<DeliveryRow>(`${DEAD} AND d.peer_id = @peer ORDER BY d.id LIMIT @limit`, { after: 0, peer: peerId, limit })
}

/** A dead letter that the caller is shown by `mailbox.dead`. */
function deadOf(tx: Tx, caller: Caller, id: string): DeliveryRow {
  const row = findDelivery(tx, tx.number('delivery', id))
  if (row?.state !== 'dead' || !isShown(tx, caller, row)) throw new MusterError('not_found', { id, hint: 'mailbox.dead lists the dead letters.' })
  return row
}

function isShown(tx: Tx, caller: Caller, row: DeliveryRow): boolean {
  if (caller.kind !== 'peer') return caller.kind === 'admin'
  if (row.peer_id === caller.peerId || findMessage(tx, row.message_id)?.sender_id === caller.peerId) return true
  return mayOversee(caller) && hasGrant(tx, caller.peerId, (findThread(tx, row.thread_id) as ThreadRow).circle_id)
}

/** Who deals with the dead letters of the circles that it was let into. */
function mayOversee({ role }: PeerCaller): boolean {
  return role === 'person' || role === 'orchestrator'
}

function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}

function note(tx: Tx, deps: ThreadDeps, row: DeliveryRow, type: string, actor: number | null): void {
  const thread = findThread(tx, row.thread_id) as ThreadRow
  tx.event({ type, actor, peer: row.peer_id, circle: thread.circle_id, audience: 'granted', subject: ['delivery', row.id] })
  deps.onTrouble(tx, { source: 'dead_letters', about: row.peer_id })
}
