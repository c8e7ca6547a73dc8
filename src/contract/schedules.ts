import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Address, Body, Duration, Id, IdempotencyKey, Limit, Line, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { Priority, Refused } from './threads.ts'

/** RFC 3339, or as a person says it: `10m`, `in 2h`, `09:00`, `tomorrow 09:00`, `friday 9am`, `2026-12-24 18:00`, in the zone of the schedule. */
const When = Line(60).min(1)
/** Five fields (minute, hour, day of the month, month, day of the week), or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
const CronPattern = Line(120).min(1)
/** An IANA time zone such as `Europe/Berlin`. */
const Zone = Line(64).min(1)
/** Local times between which nothing recurs, `22:00-07:00`; over midnight where the first is the later one. */
const Quiet = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/, 'Expected times of day like 22:00-07:00')

const not = z.boolean().default(false)
/**
 * What must be true for an occurrence to fire, of the facts that the daemon has. `not` turns it round. `peer` is who the schedule is for
 * where it is left out.
 */
export const Gate = z.discriminatedUnion('if', [
  /** The thread is open still. */
  z.strictObject({ if: z.literal('thread_open'), thread: Id('thread'), not }),
  /** The peer has sent nothing and reported no turn for as long. */
  z.strictObject({ if: z.literal('silent'), peer: Address.optional(), for: Duration, not }),
  /** Something waits in the mailbox of the peer. */
  z.strictObject({ if: z.literal('mail'), peer: Address.optional(), not }),
  /** The peer owes an answer. */
  z.strictObject({ if: z.literal('owes'), peer: Address.optional(), not }),
  /** A review is owed still: the one that is named, by the peer where one is named too, or any that was given to the peer. */
  z.strictObject({ if: z.literal('review_owed'), review: Id('review').optional(), peer: Address.optional(), not }),
])

const ScheduleState = z.enum(['active', 'paused', 'ended'])
const Kind = z.enum(['notify', 'ask'])
const Missed = z.enum(['skip', 'once', 'all'])
const Overlap = z.enum(['skip', 'allow'])

export const Schedule = z.object({
  id: Id('schedule'),
  owner: PeerRef,
  /** Whom it is for, as an address. */
  to: z.string(),
  kind: Kind,
  body: z.string(),
  label: z.string().nullable(),
  /** One of three: a single time, a cron pattern, or a fixed interval. */
  at: Time.nullable(),
  cron: z.string().nullable(),
  every: z.string().nullable(),
  zone: z.string(),
  priority: Priority,
  /** How long an ask of it has to be answered. */
  deadline: z.string().nullable(),
  missed: Missed,
  missedWindow: z.string().nullable(),
  missedCap: z.int(),
  overlap: Overlap,
  jitter: z.string().nullable(),
  startAt: Time.nullable(),
  endAt: Time.nullable(),
  maxRuns: z.int().nullable(),
  quiet: Quiet.nullable(),
  gates: z.array(Gate),
  state: ScheduleState,
  /** Why it is paused or has ended. */
  reason: z.string().nullable(),
  /** When it is next due, and when it will really fire, after the jitter. `null` unless it is active. */
  nextAt: Time.nullable(),
  fireAt: Time.nullable(),
  lastAt: Time.nullable(),
  runs: z.int(),
  failures: z.int(),
  createdAt: Time,
})

/** One due time, or a range of them that was missed. */
export const Occurrence = z.object({
  dueAt: Time,
  /** `missed`: while the daemon was down; `suppressed`: by a gate; `skipped`: the ask before it was open still. */
  outcome: z.enum(['fired', 'missed', 'suppressed', 'skipped', 'failed']),
  at: Time,
  /** Where several were missed: the last of them, and how many at least. */
  untilAt: Time.nullable(),
  count: z.int(),
  threads: z.array(Id('thread')),
  reason: z.string().nullable(),
})

const Options = {
  kind: Kind.default('notify'),
  label: Line(80).min(1).optional(),
  at: When.optional(),
  cron: CronPattern.optional(),
  every: Duration.optional(),
  /** Defaults to the zone of the daemon's machine. */
  zone: Zone.optional(),
  priority: Priority.default('normal'),
  deadline: Duration.optional(),
  /** What becomes of occurrences that were missed: none fires, one for all of them, or each within the window and up to the cap. */
  missed: Missed.default('once'),
  missedWindow: Duration.optional(),
  missedCap: z.int().min(1).max(LIMITS.maxMissedFired).default(10),
  overlap: Overlap.default('skip'),
  jitter: Duration.optional(),
  startAt: When.optional(),
  endAt: When.optional(),
  maxRuns: z.int().min(1).max(1_000_000).optional(),
  quiet: Quiet.optional(),
  gates: z.array(Gate).max(LIMITS.maxGates).default([]),
}
/** How many a `role:` or `cap:` selector may mean. */
const Select = z.enum(['one', 'all'])
const One = z.strictObject({ schedule: Id('schedule') })
const Result = z.object({ schedule: Schedule })

export const createSchedule = operation({
  name: 'schedules.create',
  kind: 'command',
  access: 'peer',
  summary: 'Have a message sent at a time, by a cron pattern or at a fixed interval: to a peer, or to yourself where `to` is left out.',
  input: z.strictObject({ to: Address.optional(), select: Select.optional(), body: Body, ...Options, key: IdempotencyKey.optional() }),
  output: Result,
  doors: { http: 'POST /v1/schedules 201', cli: 'schedule add', mcp: 'schedule' },
})

export const editSchedule = operation({
  name: 'schedules.edit',
  kind: 'command',
  access: 'reader',
  summary: 'Change a schedule; what is left out stays, `null` takes an option away. A new rule replaces the old one as a whole.',
  input: z.strictObject({
    schedule: Id('schedule'),
    body: Body.optional(),
    label: Options.label.nullable(),
    at: Options.at,
    cron: Options.cron,
    every: Options.every,
    zone: Options.zone,
    priority: Priority.optional(),
    deadline: Options.deadline,
    missed: Missed.optional(),
    missedWindow: Options.missedWindow.nullable(),
    missedCap: z.int().min(1).max(LIMITS.maxMissedFired).optional(),
    overlap: Overlap.optional(),
    jitter: Options.jitter.nullable(),
    startAt: Options.startAt.nullable(),
    endAt: Options.endAt.nullable(),
    maxRuns: Options.maxRuns.nullable(),
    quiet: Quiet.optional().nullable(),
    gates: z.array(Gate).max(LIMITS.maxGates).optional(),
  }),
  output: Result,
  doors: { http: 'PATCH /v1/schedules/:schedule', cli: 'schedule edit', mcp: { none: 'Cancel it and make another: one tool less for every model to read.' } },
})

export const pauseSchedule = operation({
  name: 'schedules.pause',
  kind: 'command',
  access: 'reader',
  summary: 'Stop a schedule until it is resumed; what comes due meanwhile does not fire later.',
  input: z.strictObject({ schedule: Id('schedule'), reason: Line(LIMITS.maxReasonChars).min(1).optional() }),
  output: Result,
  doors: { http: 'POST /v1/schedules/:schedule/pause', cli: 'schedule pause', mcp: { none: 'A model cancels; a person pauses.' } },
})

export const resumeSchedule = operation({
  name: 'schedules.resume',
  kind: 'command',
  access: 'reader',
  summary: 'Let a paused schedule go on with its next occurrence from now.',
  input: One,
  output: Result,
  doors: { http: 'POST /v1/schedules/:schedule/resume', cli: 'schedule resume', mcp: { none: 'A person resumes what was paused.' } },
})

export const runSchedule = operation({
  name: 'schedules.run',
  kind: 'command',
  access: 'reader',
  summary: 'Fire a schedule once, now, whatever its gates say; its plan stays as it is.',
  input: z.strictObject({ schedule: Id('schedule'), key: IdempotencyKey.optional() }),
  output: z.object({ schedule: Schedule, occurrence: Occurrence, refused: z.array(Refused) }),
  doors: { http: 'POST /v1/schedules/:schedule/run', cli: 'schedule run', mcp: { none: 'A model that wants a message now sends it.' } },
})

export const deleteSchedule = operation({
  name: 'schedules.delete',
  kind: 'command',
  access: 'reader',
  summary: 'End a schedule and forget it with its history.',
  input: One,
  output: z.object({ deleted: z.boolean() }),
  doors: { http: 'DELETE /v1/schedules/:schedule', cli: 'schedule remove', mcp: 'schedules' },
})

export const getSchedule = operation({
  name: 'schedules.get',
  kind: 'query',
  access: 'reader',
  summary: 'One schedule.',
  input: One,
  output: Result,
  doors: { http: 'GET /v1/schedules/:schedule', cli: 'schedule show', mcp: { none: 'The tool schedules shows all there is to know.' } },
})

export const listSchedules = operation({
  name: 'schedules.list',
  kind: 'query',
  access: 'reader',
  summary: 'The schedules that the caller owns, is woken by or looks after, by number; `mine` leaves those of others out.',
  input: z.strictObject({ mine: z.boolean().default(false), state: ScheduleState.optional(), after: Id('schedule').optional(), limit: Limit.default(50) }),
  output: z.object({ schedules: z.array(Schedule), after: Id('schedule').nullable() }),
  doors: { http: 'GET /v1/schedules', cli: 'schedule list', mcp: 'schedules' },
})

export const historySchedule = operation({
  name: 'schedules.history',
  kind: 'query',
  access: 'reader',
  summary: 'What became of the occurrences of a schedule, the newest first. They are kept 90 days.',
  input: z.strictObject({ schedule: Id('schedule'), before: Time.optional(), limit: Limit.default(50) }),
  output: z.object({ occurrences: z.array(Occurrence), before: Time.nullable() }),
  doors: { http: 'GET /v1/schedules/:schedule/history', cli: 'schedule history', mcp: { none: 'A matter for whoever looks after the schedule.' } },
})

export const previewSchedule = operation({
  name: 'schedules.preview',
  kind: 'query',
  access: 'reader',
  summary: 'When a rule, or a schedule that exists, comes due next, in its own zone; nothing is stored.',
  input: z.strictObject({
    schedule: Id('schedule').optional(),
    at: When.optional(),
    cron: CronPattern.optional(),
    every: Duration.optional(),
    zone: Zone.optional(),
    startAt: When.optional(),
    endAt: When.optional(),
    quiet: Quiet.optional(),
    count: z.int().min(1).max(LIMITS.maxPreview).default(5),
  }),
  output: z.object({ zone: z.string(), occurrences: z.array(z.object({ at: Time, local: z.string() })) }),
  doors: { http: 'GET /v1/occurrences', cli: 'schedule preview', mcp: { none: 'The tool schedule answers with the next occurrence.' } },
})
