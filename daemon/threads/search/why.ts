import type { Link, Output } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Caller, Scan } from '../../caller.ts'
import type { ScanReader } from '../../store/store.ts'
import { fitting } from '../page.ts'
import { seesMessage } from '../reading.ts'
import { findMessage, type MessageRow, toMessage } from '../rows.ts'
import { messageOf } from '../trace.ts'
import { fact } from './document.ts'
import { anyOf } from './plan.ts'

/** A message that may be shown, and the nearest one before it that may be. */
interface Step {
  readonly row: MessageRow
  readonly because: number | null
  readonly gap: boolean
}

/** Why there is a message, and what it led to, with only what the caller may see. */
export const whyMessage: Scan<'messages.why'> = (reader, caller, input): Output<'messages.why'> => {
  const message = messageOf(reader, input.id)
  if (!seesMessage(reader, caller, message.id)) throw new MusterError('not_found', { id: input.id })
  const up = chainTo(reader, caller, message, input.limit)
  const down = ledBy(reader, caller, message, input.limit)
  const chain = fitting([...up.steps].reverse(), bytesOf).reverse()
  const led = fitting(down.steps, bytesOf)
  const more = up.more || down.more || chain.length + led.length < up.steps.length + down.steps.length
  return { chain: chain.map((step) => toLink(reader, step)), led: led.map((step) => toLink(reader, step)), more }
}

const bytesOf = ({ row }: Step) => row.body.length

function toLink(reader: ScanReader, { row, because, gap }: Step): Link {
  return { message: toMessage(reader, row), because: because === null ? null : reader.id('message', because), gap }
}

/** From the root to the message. */
function chainTo(reader: ScanReader, caller: Caller, message: MessageRow, limit: number): { readonly steps: Step[]; readonly more: boolean } {
  const steps: Step[] = []
  let below: MessageRow | undefined = message
  let hidden = false
  let examined = 0
  for (let next = message.caused_by; next !== null; examined += 1) {
    if (examined === LIMITS.maxExamined || steps.length + 1 === limit) return { steps: finish(null, true), more: true }
    const cause = findMessage(reader, next)
    // Retention took it.
    if (!cause) return { steps: finish(null, true), more: false }
    if (seesMessage(reader, caller, cause.id)) {
      finish(cause.id, hidden)
      below = cause
      hidden = false
    } else hidden = true
    next = cause.caused_by
  }
  return { steps: finish(null, hidden), more: false }

  function finish(because: number | null, gap: boolean): Step[] {
    if (below) steps.unshift({ row: below, because, gap })
    return steps
  }
}

/** What a message led to, the nearest first; the index knows, so what was said in the last two seconds may be missing. */
function ledBy(reader: ScanReader, caller: Caller, message: MessageRow, limit: number): { readonly steps: Step[]; readonly more: boolean } {
  const steps: Step[] = []
  const causes: { readonly id: number; readonly shown: number; readonly gap: boolean }[] = [{ id: message.id, shown: message.id, gap: false }]
  let examined = 0
  for (const cause of causes) {
    const rows = reader.all<MessageRow>(
      `SELECT m.* FROM message_index i CROSS JOIN messages m ON m.id = i.rowid WHERE i.message_index MATCH ? AND m.caused_by = ? ORDER BY i.rowid LIMIT ?`,
      anyOf(fact('cause', cause.id)),
      cause.id,
      LIMITS.maxExamined,
    )
    for (const row of rows) {
      examined += 1
      if (steps.length === limit || examined > LIMITS.maxExamined) return { steps: ordered(steps), more: true }
      const seen = seesMessage(reader, caller, row.id)
      if (seen) steps.push({ row, because: cause.shown, gap: cause.gap })
      causes.push(seen ? { id: row.id, shown: row.id, gap: false } : { id: row.id, shown: cause.shown, gap: true })
    }
  }
  return { steps: ordered(steps), more: false }
}

function ordered(steps: Step[]): Step[] {
  return steps.sort((a, b) => a.row.id - b.row.id)
}
