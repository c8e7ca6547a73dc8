import * as z from 'zod'
import { Id } from '../contract/common.ts'
import type { PeerRef, Schedule } from '../contract/index.ts'
import { createSchedule } from '../contract/schedules.ts'
import { Text, To } from './fields.ts'
import { minuteOf } from './plain-text.ts'
import { commandKey } from './port.ts'
import { ADDS, defineTool, given } from './tool.ts'
import { inQuotes, lines, words } from './views.ts'

const MAX_LISTED = 30
const MAX_TEXT_CHARS = 80
const { at, cron, every, zone, kind } = createSchedule.input.shape

export const schedule = defineTool({
  name: 'schedule',
  title: 'Send later, or again and again',
  description: 'Have a message sent at a time, by cron or at an interval: without to, to yourself, as a check-in that wakes you. Costs nothing until it fires.',
  profile: 'default',
  annotations: ADDS,
  input: z.strictObject({
    text: Text,
    to: To.optional(),
    at: at.describe('RFC 3339, "in 2h", "tomorrow 09:00"'),
    cron: cron.describe('Five fields, or @daily'),
    every: every.describe('Such as 30m'),
    zone: zone.describe('IANA; for cron and times of day'),
    kind: kind.describe('ask opens a thread that must be closed'),
  }),
  output: z.object({ schedule: z.string(), next: z.string() }),
  async run(port, { text, to, at, cron, every, zone, kind }) {
    const { schedule: made } = await port.call('schedules.create', { body: text, kind, ...given({ to, at, cron, every, zone }), ...commandKey(port) })
    const next = made.nextAt === null ? '' : minuteOf(made.nextAt)
    return { structured: { schedule: made.id, next }, text: `${made.id} comes due ${next} (zone ${made.zone}).` }
  },
})

const ScheduleShape = z.object({
  schedule: z.string(),
  owner: z.string(),
  to: z.string(),
  rule: z.string(),
  state: z.string(),
  next: z.string().optional(),
  text: z.string(),
})

export const schedules = defineTool({
  name: 'schedules',
  title: 'Your schedules',
  description: 'The schedules that are yours or wake you; cancel ends one.',
  profile: 'default',
  annotations: ADDS,
  input: z.strictObject({ cancel: Id('schedule').optional() }),
  output: z.object({ cancelled: z.string().optional(), schedules: z.array(ScheduleShape).optional() }),
  async run(port, { cancel }) {
    if (cancel !== undefined) {
      await port.call('schedules.delete', { schedule: cancel })
      return { structured: { cancelled: cancel }, text: `${cancel} is cancelled and forgotten.` }
    }
    const self = await port.self()
    const page = await port.call('schedules.list', { limit: MAX_LISTED })
    const views = page.schedules.map((each) => view(each, self))
    const text = lines(...views.map(line), views.length === 0 ? 'None.' : undefined, page.after === null ? undefined : 'There are more.')
    return { structured: { schedules: views }, text }
  },
})

function view(each: Schedule, self: PeerRef): z.output<typeof ScheduleShape> {
  const rule = each.at === null ? (each.cron ?? `every ${each.every}`) : 'once'
  return {
    schedule: each.id,
    owner: each.owner.id === self.id ? 'you' : words(each.owner.name, MAX_TEXT_CHARS),
    to: words(each.to, MAX_TEXT_CHARS),
    rule,
    state: each.state,
    ...(each.nextAt === null ? {} : { next: minuteOf(each.nextAt) }),
    text: words(each.body, MAX_TEXT_CHARS),
  }
}

function line({ schedule: id, owner, to, rule, state, next, text }: z.output<typeof ScheduleShape>): string {
  return `${id} ${state}, ${rule}${next === undefined ? '' : `, next ${next}`}, of ${owner} for ${to}: ${inQuotes(text)}`
}
