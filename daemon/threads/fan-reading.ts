import type { FanOutcome, Output, Refused } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { asPeer, type Caller, type Query } from '../caller.ts'
import { refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type FanRow, findFan, toFan } from './joins.ts'
import { bodyBytes, fitting } from './page.ts'
import { findMessage, type MessageRow, type ThreadRow, toMessage } from './rows.ts'

/**
 * A fan of the caller's. What it asked and was told is nobody else's but the administrator's; its threads may be read by
 * those who may read threads.
 *
 * @throws MusterError `not_found`
 */
export function viewFan(reader: Reader, caller: Caller, id: string): FanRow {
  const fan = findFan(reader, reader.number('fan', id))
  if (!fan || (caller.kind !== 'admin' && fan.opener_id !== asPeer(caller).peerId)) throw new MusterError('not_found', { id })
  return fan
}

export const getFan: Query<'fans.get'> = (reader, caller, input) => {
  const fan = viewFan(reader, caller, input.fan)
  const after = input.after === undefined ? fan.first_thread - 1 : reader.number('thread', input.after)
  const threads = reader.all<ThreadRow>(
    'SELECT * FROM threads WHERE id > ? AND id BETWEEN ? AND ? ORDER BY id LIMIT ?',
    after,
    fan.first_thread,
    fan.first_thread + fan.asked - 1,
    input.limit + 1,
  )
  const page = fitting(threads.slice(0, input.limit), ({ ending }) => (ending === null ? 0 : bodyBytes(reader, ending)))
  const last = threads.length > page.length ? page.at(-1) : undefined
  return {
    fan: toFan(reader, fan),
    outcomes: page.map((thread) => toOutcome(reader, thread)),
    refused: input.after === undefined ? refusedOf(reader, fan) : [],
    after: last ? reader.id('thread', last.id) : null,
  }
}

export const listFans: Query<'fans.list'> = (reader, caller, input): Output<'fans.list'> => {
  const before = input.before === undefined ? Number.MAX_SAFE_INTEGER : reader.number('fan', input.before)
  const rows = reader.all<FanRow>('SELECT * FROM fans WHERE opener_id = ? AND id < ? ORDER BY id DESC LIMIT ?', asPeer(caller).peerId, before, input.limit + 1)
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { fans: page.map((row) => toFan(reader, row)), before: last ? reader.id('fan', last.id) : null }
}

function toOutcome(reader: Reader, thread: ThreadRow): FanOutcome {
  const to = refOf(reader, thread.recipient_id)
  if (!to) throw new Error(`Ask ${thread.id} has no recipient`)
  const ending = thread.state === 'answered' && thread.ending !== null ? (findMessage(reader, thread.ending) as MessageRow) : undefined
  return {
    thread: reader.id('thread', thread.id),
    to,
    state: thread.state,
    reason: thread.reason,
    closedAt: timeOrNull(thread.closed_at),
    answer: ending ? toMessage(reader, ending) : null,
  }
}

/** Whom a fan could not ask, in the order in which they were meant. */
export function refusedOf(reader: Reader, fan: FanRow): Refused[] {
  const rows = reader.all<{ peer_id: number; code: string; message: string }>(
    'SELECT peer_id, code, message FROM fan_refusals WHERE fan_id = ? ORDER BY position',
    fan.id,
  )
  return rows.flatMap(({ peer_id, code, message }) => {
    const to = refOf(reader, peer_id)
    return to ? { to, code, message } : []
  })
}
