import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { decodeId } from '../../src/ids.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller, Query } from '../caller.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { ThreadDeps } from './deps.ts'
import { seesMessage, viewThread } from './reading.ts'
import { findDelivery, findMessage, findThread, type MessageRow, toDelivery, toMessage, toThread } from './rows.ts'

type Step = Output<'threads.trace'>['steps'][number]

/** Deliveries that a trace shows of a message sent to many; the rest is in the events. */
const MAX_TRACED = 100

/** A message's life, told from the rows themselves, so that it outlives the events. */
export function traceMessage(deps: Pick<ThreadDeps, 'dispatcher'>): Query<'threads.trace'> {
  return (reader, caller, input) => {
    const message = messageOf(reader, input.id)
    // Before anything that would name its thread.
    if (!seesMessage(reader, caller, message.id)) throw new MusterError('not_found', { id: input.id })
    const { thread, showsDeliveryTo } = viewThread(reader, caller, reader.id('thread', message.thread_id))
    const rows = Array.from({ length: Math.min(message.delivery_count, MAX_TRACED) }, (_, index) => findDelivery(reader, message.first_delivery + index))
    const deliveries = rows.flatMap((row) => (row && showsDeliveryTo(row.peer_id) ? toDelivery(reader, row, deps.dispatcher.flights.get(row.id)) : []))
    const steps: Step[] = [
      { at: formatTime(message.at), step: 'sent', delivery: null, by: refOf(reader, message.sender_id), note: message.late ? 'late' : null },
    ]
    for (const delivery of deliveries) {
      const step = (at: string | null, name: string, note: string | null) =>
        at !== null && steps.push({ at, step: name, delivery: delivery.id, by: delivery.to, note })
      step(delivery.queuedAt, 'queued', null)
      step(delivery.offeredAt, 'offered', `attempt ${delivery.attempt}`)
      step(delivery.seenAt, 'seen', "in the session's transcript")
      step(delivery.endedAt, delivery.state, delivery.reason)
    }
    if (thread.closed_at !== null && message.id === thread.head) {
      steps.push({ at: formatTime(thread.closed_at), step: thread.state, delivery: null, by: refOf(reader, thread.closed_by), note: thread.reason })
    }
    // A stable sort keeps the order of steps that share a millisecond.
    steps.sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
    return { thread: toThread(reader, thread), message: toMessage(reader, message), deliveries, steps, causes: causesOf(reader, caller, message) }
  }
}

/** The message that an id of a message, a thread (its first) or a delivery means. */
export function messageOf(reader: Reader, id: string): MessageRow {
  const kind = decodeId(id)?.kind
  let number: number | undefined
  if (kind === 'message') number = reader.number('message', id)
  if (kind === 'thread') number = findThread(reader, reader.number('thread', id))?.head
  if (kind === 'delivery') number = findDelivery(reader, reader.number('delivery', id))?.message_id
  const message = number === undefined ? undefined : findMessage(reader, number)
  if (!message) throw new MusterError('not_found', { id })
  return message
}

/** What caused the message, as far back as the caller may see. */
function causesOf(reader: Reader, caller: Caller, message: MessageRow): string[] {
  const ids: string[] = []
  for (let cause = message.caused_by; cause !== null && ids.length <= LIMITS.maxHops; cause = findMessage(reader, cause)?.caused_by ?? null) {
    if (!seesMessage(reader, caller, cause)) break
    ids.push(reader.id('message', cause))
  }
  return ids
}
