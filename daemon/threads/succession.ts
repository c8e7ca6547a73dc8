import { LIMITS } from '../../src/limits.ts'
import { encodeNotification } from '../../src/rpc.ts'
import { isActive, refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { closeThread } from './close.ts'
import type { ThreadDeps } from './deps.ts'
import { NO_CAUSE, postMore } from './post.ts'
import { messagesBack } from './reading.ts'
import { type DeliveryRow, findDelivery, findThread, isWaiting, type ThreadRow } from './rows.ts'
import { refile } from './search/tables.ts'

/** One peer takes the place of another in its asks. */
export interface Succession {
  readonly fromId: number
  readonly toId: number
  /** Only asks of this circle; a fan of it goes as a whole. */
  readonly circleId: number
  /** Asks that stay where they are. */
  readonly keep: readonly number[]
}

/** Open asks by their numbers: those that a peer opened, or those that it owes. */
export interface Standing {
  readonly threads: readonly ThreadRow[]
  /** How many more there are, counted up to `LIMITS.maxExamined`. */
  readonly more: number
}

const ASKED = "FROM threads WHERE opener_id = ? AND state = 'open' AND circle_id = ?"
/** Without those that a domain above follows: whom such an ask is for, that domain decides. */
const OWED = 'FROM open_asks o JOIN threads t ON t.id = o.thread_id WHERE o.recipient_id = ? AND t.circle_id = ? AND t.followed = 0'

/** What a peer has open in a circle. */
export function standingOf(reader: Reader, peerId: number, circleId: number, limit: number): { readonly asked: Standing; readonly owed: Standing } {
  const list = (select: string, where: string, order: string): Standing => {
    const threads = reader.all<ThreadRow>(`SELECT ${select} ${where} ORDER BY ${order} LIMIT ?`, peerId, circleId, limit)
    const counted = reader.get<{ n: number }>(`SELECT count(*) AS n FROM (SELECT 1 ${where} LIMIT ${LIMITS.maxExamined})`, peerId, circleId)?.n ?? 0
    return { threads, more: counted - threads.length }
  }
  return { asked: list('*', ASKED, 'id'), owed: list('t.*', OWED, 'o.thread_id') }
}

const STAYS = 'IN (SELECT value FROM json_each(@keep))'
const NEXT_OWED = `SELECT t.* FROM open_asks o JOIN threads t ON t.id = o.thread_id
  WHERE o.recipient_id = @from AND t.circle_id = @circle AND t.followed = 0 AND t.id NOT ${STAYS} ORDER BY o.thread_id LIMIT @limit`
const NEXT_ASKED = `SELECT * FROM threads WHERE opener_id = @from AND state = 'open' AND circle_id = @circle AND id NOT ${STAYS} LIMIT @limit`
const NEXT_FAN = "SELECT id, first_thread, asked FROM fans WHERE opener_id = ? AND state = 'open' AND circle_id = ? LIMIT 1"
/** What its asks brought, and it has not received: asks in which it is not asked itself, and the ends of its fans. */
const NEXT_MAIL = `SELECT d.* FROM deliveries d JOIN threads t ON t.id = d.thread_id
  WHERE d.peer_id = @from AND d.state IN ('queued', 'offered') AND t.circle_id = @circle AND t.id NOT ${STAYS}
    AND ((t.kind = 'ask' AND t.recipient_id <> @from AND NOT (t.recipient_id = @to AND t.opener_id = @from)) OR (t.kind = 'notify' AND t.opener_id IS NULL AND t.fan_id IS NOT NULL)) LIMIT @limit`

/**
 * Moves what one peer has open to another, as much of it as one command should: what it owes is the other's to answer, with a fresh delivery and notice to the
 * asker; what it asked is the other's, who is told how it ends; and what came of its asks unread goes to the other's mailbox. An ask between the two ends,
 * since nobody answers itself.
 *
 * @returns whether anything is left
 */
export function succeed(tx: Tx, deps: ThreadDeps, succession: Succession): boolean {
  const { fromId, toId, circleId, keep } = succession
  const values = { from: fromId, to: toId, circle: circleId, keep: JSON.stringify(keep), limit: LIMITS.batchOperations }
  const steps: readonly (() => boolean)[] = [
    () => moveFans(tx, deps, succession),
    () => moveThreads(tx.all<ThreadRow>(NEXT_OWED, values), (thread) => moveOwed(tx, deps, succession, thread)),
    () => moveThreads(tx.all<ThreadRow>(NEXT_ASKED, values), (thread) => moveAsked(tx, deps, succession, thread)),
    () => moveMail(tx, deps, succession, tx.all<DeliveryRow>(NEXT_MAIL, values)),
  ]
  return steps.some((isMore) => isMore())
}

/** @returns whether there may be more of them */
function moveThreads(found: readonly ThreadRow[], move: (thread: ThreadRow) => void): boolean {
  const batch = upToSize(found)
  batch.forEach(move)
  return batch.length < found.length || found.length === LIMITS.batchOperations
}

function moveFans(tx: Tx, deps: ThreadDeps, succession: Succession): boolean {
  let asks = 0
  for (;;) {
    const fan = tx.get<FanPart>(NEXT_FAN, succession.fromId, succession.circleId)
    if (!fan) return false
    if (asks >= LIMITS.maxFanAsks) return true
    moveFan(tx, deps, succession, fan)
    asks += fan.asked
  }
}

function moveMail(tx: Tx, deps: ThreadDeps, { fromId, toId }: Succession, mail: readonly DeliveryRow[]): boolean {
  for (const row of mail) {
    const thread = findThread(tx, row.thread_id) as ThreadRow
    if (thread.kind === 'notify') changeParty(tx, thread, 'recipient_id', toId)
    else if (thread.opener_id === fromId) changeParty(tx, thread, 'opener_id', toId)
    moveDelivery(tx, deps, row, toId)
  }
  return mail.length === LIMITS.batchOperations
}

/** As many as have few enough messages together: each message is put into the search anew. */
function upToSize(threads: readonly ThreadRow[]): ThreadRow[] {
  let size = 0
  return threads.filter((thread, index) => {
    size += thread.size
    return index === 0 || size <= LIMITS.maxThreadMessages
  })
}

function moveOwed(tx: Tx, deps: ThreadDeps, succession: Succession, thread: ThreadRow): void {
  const { fromId, toId } = succession
  const [former, successor] = [refOf(tx, fromId)?.name ?? '', refOf(tx, toId)?.name ?? '']
  if (thread.opener_id === toId) {
    const reason = `${successor} leads in place of ${former}, and cannot ask itself`
    closeThread(tx, deps, thread, { state: 'cancelled', kind: 'cancel', by: toId, body: reason, reason })
    return
  }
  changeParty(tx, thread, 'recipient_id', toId)
  tx.run('UPDATE open_asks SET recipient_id = ? WHERE recipient_id = ? AND thread_id = ?', toId, fromId, thread.id)
  moveDelivery(tx, deps, findDelivery(tx, thread.opening_delivery) as DeliveryRow, toId)
  const asker = thread.opener_id
  if (asker !== null && isActive(tx, asker)) {
    const body = `${successor} answers this in place of ${former}, who no longer leads.`
    const draft = { kind: 'reply', sender: null, from: null, body, recipients: [asker], solicited: true, cause: NO_CAUSE } as const
    // The answer must not wait until the notice has been acked.
    postMore(tx, deps, findThread(tx, thread.id) as ThreadRow, { ...draft, control: true })
  }
  announce(tx, deps, succession, thread, 'to')
}

function moveAsked(tx: Tx, deps: ThreadDeps, succession: Succession, thread: ThreadRow): void {
  const { toId } = succession
  changeParty(tx, thread, 'opener_id', toId)
  if (thread.recipient_id !== toId) return announce(tx, deps, succession, thread, 'from')
  const reason = 'you lead now: you would answer yourself'
  closeThread(tx, deps, { ...thread, opener_id: toId }, { state: 'cancelled', kind: 'cancel', by: toId, body: reason, reason })
}

interface FanPart {
  readonly id: number
  readonly first_thread: number
  readonly asked: number
}

/** A fan is its asker's as a whole: its asks, wherever they went, and its end. */
function moveFan(tx: Tx, deps: ThreadDeps, succession: Succession, fan: FanPart): void {
  tx.run('UPDATE fans SET opener_id = ? WHERE id = ?', succession.toId, fan.id)
  tx.after(() => deps.fanSignals.changed(fan.id))
  const open = tx.all<ThreadRow>("SELECT * FROM threads WHERE id BETWEEN ? AND ? AND state = 'open'", fan.first_thread, fan.first_thread + fan.asked - 1)
  // The end of one may end the fan, and with it the others.
  for (const { id } of open) {
    const thread = findThread(tx, id) as ThreadRow
    if (thread.state === 'open') moveAsked(tx, deps, succession, thread)
  }
}

/** Each thread is in the search under those between whom it is. */
function changeParty(tx: Tx, thread: ThreadRow, side: 'opener_id' | 'recipient_id', to: number): void {
  const messages = messagesBack(tx, thread.tail, thread.size).map(({ id }) => id)
  refile(tx, messages, () =>
    tx.run(side === 'opener_id' ? 'UPDATE threads SET opener_id = ? WHERE id = ?' : 'UPDATE threads SET recipient_id = ? WHERE id = ?', to, thread.id),
  )
}

/** Tells of the change: the log, whoever waits for the thread, and the one that has lost it, which stops what it does about it. */
function announce(tx: Tx, deps: ThreadDeps, { fromId, toId }: Succession, thread: ThreadRow, side: 'from' | 'to'): void {
  const peer = side === 'to' ? thread.opener_id : thread.recipient_id
  const changed = { [side]: tx.id('peer', toId) }
  tx.event({ type: 'thread.moved', peer, circle: thread.circle_id, audience: 'granted', subject: ['thread', thread.id], changed })
  const by = refOf(tx, toId)
  const reason = `${by?.name} leads now, and has this ask`
  tx.after(() => {
    deps.signals.changed(thread.id)
    deps.dispatcher.tell(fromId, () => encodeNotification('thread.closed', { thread: tx.id('thread', thread.id), state: 'cancelled', reason, by }))
  })
}

const MOVE = `UPDATE deliveries SET peer_id = ?, state = 'queued', attempt = 0, failures = 0, backoff_ms = 0, holder = NULL, handover = NULL,
  queued_at = ?, offered_at = NULL, seen_at = NULL, ended_at = NULL, reason = NULL WHERE id = ?`

/** A delivery begins anew in another mailbox. Whoever had it in hand finds it gone: a late ack changes nothing. */
function moveDelivery(tx: Tx, deps: ThreadDeps, row: DeliveryRow, toId: number): void {
  const { dispatcher, room, holds } = deps
  const wasWaiting = isWaiting(row)
  // All commands of a batch have the same time: this one may be stored by the same commit, and must not be offered to the other.
  if (row.queued_at === tx.now && row.state === 'queued' && !dispatcher.flights.get(row.id)) tx.afterFirst(() => dispatcher.neverArrives(row.id))
  tx.run(MOVE, toId, tx.now, row.id)
  tx.after(() => {
    if (row.solicited === 0) {
      if (wasWaiting) room.changed(row.peer_id, -1)
      room.changed(toId, 1)
    }
    holds.remove(row.id)
    dispatcher.undelay(row.id)
    dispatcher.release(row.id)
    dispatcher.wake(toId)
  })
}
