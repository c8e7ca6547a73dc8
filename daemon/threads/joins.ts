import type { Fan, FanState } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import { findPeer, type PeerRow, refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { ThreadDeps } from './deps.ts'
import { openThread } from './open.ts'
import type { Cause } from './post.ts'
import type { ThreadRow } from './rows.ts'

/** A fan and its asks by their states. */
export interface FanRow {
  readonly id: number
  readonly state: FanState
  readonly opener_id: number
  readonly circle_id: number
  /** Its asks are the threads from this number on, as many as were asked. */
  readonly first_thread: number
  readonly asked: number
  readonly refused: number
  readonly enough: number | null
  readonly waiting: number
  readonly answered: number
  readonly declined: number
  readonly cancelled: number
  readonly expired: number
  readonly failed: number
  readonly opened_at: number
  readonly deadline_at: number
  readonly ended_at: number | null
  readonly reason: string | null
  readonly notice: number | null
}

export function findFan(reader: Reader, id: number): FanRow | undefined {
  return reader.get<FanRow>('SELECT * FROM fans WHERE id = ?', id)
}

export function toFan(reader: Reader, row: FanRow): Fan {
  const from = refOf(reader, row.opener_id)
  if (!from) throw new Error(`Fan ${row.id} has no asker`)
  const { waiting, answered, declined, cancelled, expired, failed, refused } = row
  return {
    id: reader.id('fan', row.id),
    state: row.state,
    from,
    openedAt: formatTime(row.opened_at),
    deadlineAt: formatTime(row.deadline_at),
    endedAt: timeOrNull(row.ended_at),
    reason: row.reason,
    enough: row.enough,
    counts: { open: waiting, answered, declined, cancelled, expired, failed, refused },
    notice: row.notice === null ? null : reader.id('message', row.notice),
  }
}

/** The fan that an ask is part of; `undefined` for all other threads. */
export function fanOf(reader: Reader, thread: ThreadRow): FanRow | undefined {
  return thread.kind === 'ask' && thread.fan_id !== null ? findFan(reader, thread.fan_id) : undefined
}

/** The asks of a fan that are open. */
export function openAsksOf(reader: Reader, fan: FanRow): ThreadRow[] {
  const last = fan.first_thread + fan.asked - 1
  return reader.all<ThreadRow>("SELECT * FROM threads WHERE id BETWEEN ? AND ? AND state = 'open'", fan.first_thread, last)
}

/** One more for each state that an ask may end in. */
const COUNT = `UPDATE fans SET waiting = waiting - 1, answered = answered + (@state = 'answered'), declined = declined + (@state = 'declined'),
  cancelled = cancelled + (@state = 'cancelled'), expired = expired + (@state = 'expired'), failed = failed + (@state = 'failed') WHERE id = @fan`

/**
 * Counts the end of an ask of a fan, and ends the fan where that was the last one, or enough have answered.
 *
 * @param cause of the notice, which stands where the end of the ask stands
 * @returns the asks that nobody waits for any more, to be cancelled
 */
export function countEnd(tx: Tx, deps: ThreadDeps, closed: ThreadRow, cause: Cause): readonly ThreadRow[] {
  const fanId = closed.fan_id as number
  tx.run(COUNT, { state: closed.state, fan: fanId })
  tx.after(() => deps.fanSignals.changed(fanId))
  const fan = findFan(tx, fanId) as FanRow
  const isEnough = fan.enough !== null && fan.answered >= fan.enough
  if (fan.state !== 'open' || (fan.waiting > 0 && !isEnough)) return []
  const rest = openAsksOf(tx, fan)
  const asker = findPeer(tx, fan.opener_id)
  // The counts of now, beside the cancellations that follow with this very command.
  const ended: FanRow = { ...fan, waiting: 0, cancelled: fan.cancelled + rest.length, state: endingOf(fan) }
  const notice = asker && asker.retired_at === null ? announce(tx, deps, ended, asker, { priority: closed.priority, cause }) : null
  endFan(tx, fan, { state: ended.state, reason: null, notice, actor: closed.closed_by })
  return rest
}

function endingOf({ waiting, expired }: FanRow): FanState {
  if (waiting > 0) return 'enough'
  return expired > 0 ? 'expired' : 'complete'
}

interface FanEnd {
  readonly state: FanState
  readonly reason: string | null
  readonly notice: number | null
  readonly actor: number | null
}

/** Writes down that a fan is over. Its open asks are the caller's to cancel. */
export function endFan(tx: Tx, fan: FanRow, { state, reason, notice, actor }: FanEnd): void {
  tx.run('UPDATE fans SET state = ?, ended_at = ?, reason = ?, notice = ? WHERE id = ?', state, tx.now, reason, notice, fan.id)
  const changed = { state, answered: fan.answered }
  tx.event({ type: 'fan.ended', actor, peer: fan.opener_id, circle: fan.circle_id, audience: 'admin', subject: ['fan', fan.id], changed })
}

/** The one message that tells the asker of the end. It holds no words of a peer: those are read from the fan, each as its own. */
function announce(tx: Tx, deps: ThreadDeps, fan: FanRow, asker: PeerRow, { priority, cause }: { readonly priority: number; readonly cause: Cause }): number {
  const id = tx.id('fan', fan.id)
  const facts = (['answered', 'declined', 'cancelled', 'expired', 'failed', 'refused'] as const).flatMap((state) =>
    fan[state] > 0 ? `${fan[state]} ${state}` : [],
  )
  const body = `${id} has ended (${fan.state}): ${facts.join(', ')}. Read it: muster fan ${id}, or the tool wait {"ticket":"${id}"}.`
  const opening = { kind: 'notify', opener: null, from: null, recipients: [asker], circleId: fan.circle_id, body } as const
  return openThread(tx, deps, { ...opening, priority, cause, deadlineAt: null, escalateTo: null, fan: fan.id }).messageId
}
