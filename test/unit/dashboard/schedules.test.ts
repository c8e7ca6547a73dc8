import { describe, expect, it } from 'vitest'
import { changesOf, creationOf, draftOf, fieldOf, hasMore, isBehindMore, newDraft, type Schedule, timingOf } from '../../../client/dashboard/schedules/draft.ts'
import { type Gate, gateDraftOf, gateInWords, gateOf } from '../../../client/dashboard/schedules/gate-words.ts'
import { OPERATIONS } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { MusterError } from '../../../src/muster-error.ts'
import { formatDuration } from '../../../src/time.ts'

const GATES: readonly Gate[] = [
  { if: 'silent', for: '45m', not: false, peer: 'bob' },
  { if: 'mail', not: true },
  { if: 'owes', not: false },
  { if: 'review_owed', not: false, review: 'rvw_4fxj1n1' },
  { if: 'thread_open', not: true, thread: 'thr_4fxj1n1' },
]

const NOW = Date.parse('2025-12-01T00:00:00Z')

const schedule = (more: Partial<Schedule> = {}): Schedule => ({
  id: 'sch_4fxj1n1',
  owner: { id: 'peer_4fxj1n1', name: 'ann', circle: 'main', role: 'person' },
  to: 'bob',
  kind: 'ask',
  body: 'Still on it?',
  label: 'Nudge',
  at: null,
  cron: '0 9 * * 1-5',
  every: null,
  zone: 'Europe/Berlin',
  priority: 'urgent',
  deadline: '2h',
  missed: 'all',
  missedWindow: '3h',
  missedCap: 5,
  overlap: 'allow',
  jitter: '5m',
  startAt: '2026-01-01T08:00:00Z',
  endAt: '2027-01-01T08:00:00Z',
  maxRuns: 7,
  quiet: '22:00-07:00',
  gates: [...GATES],
  state: 'active',
  reason: null,
  nextAt: null,
  fireAt: null,
  lastAt: null,
  runs: 0,
  failures: 0,
  createdAt: '2026-01-01T00:00:00Z',
  ...more,
})
const accepts = (name: 'schedules.create' | 'schedules.edit', input: object): void => void OPERATIONS[name].input.parse(input)

describe('a schedule in its form', () => {
  it('is left as it is where nothing was changed', () => {
    const draft = draftOf(schedule(), NOW)
    expect(draft).toMatchObject({ startAt: '2026-01-01 09:00', quietFrom: '22:00', quietTo: '07:00' })
    expect(changesOf(draft, draft)).toEqual({})
  })

  it('says what was changed, and what was taken away', () => {
    const before = draftOf(schedule(), NOW)
    const empty = { label: '', jitter: '', startAt: '', endAt: '', maxRuns: '', quietFrom: '', quietTo: '', missedWindow: '' }
    const changes = changesOf({ ...before, ...empty, gates: [], deadline: '' }, before)
    expect(changes).toEqual({
      label: null,
      jitter: null,
      startAt: null,
      endAt: null,
      maxRuns: null,
      quiet: null,
      missedWindow: null,
      gates: [],
      deadline: formatDuration(LIMITS.defaultDeadlineMs),
    })
    accepts('schedules.edit', { schedule: schedule().id, ...changes })
  })

  it('that becomes one of a single time loses what only comes again', () => {
    const before = draftOf(schedule(), NOW)
    const changes = changesOf({ ...before, rule: 'at', when: 'in 2h' }, before)
    expect(changes).toEqual({ at: 'in 2h', startAt: null, endAt: null, maxRuns: null, quiet: null })
    accepts('schedules.edit', { schedule: schedule().id, ...changes })
  })

  it('means its times anew in another zone', () => {
    const once = draftOf(schedule({ cron: null, at: '2027-01-01T08:00:00Z', startAt: null, endAt: null, quiet: null, maxRuns: null }), NOW)
    expect(changesOf({ ...once, zone: 'America/New_York' }, once)).toEqual({ at: '2027-01-01 09:00', zone: 'America/New_York' })
    const daily = draftOf(schedule(), NOW)
    expect(changesOf({ ...daily, zone: 'UTC' }, daily)).toEqual({ zone: 'UTC', startAt: '2026-01-01 09:00', endAt: '2027-01-01 09:00' })
  })

  it('is made with what was filled in alone', () => {
    const draft = { ...newDraft('Europe/Berlin'), body: 'Stand up', rule: 'every' as const, when: ' 1h ' }
    const plain = { body: 'Stand up', kind: 'notify', every: '1h', priority: 'normal', missed: 'once', overlap: 'skip', gates: [] }
    expect(creationOf(draft)).toEqual(plain)
    expect(creationOf({ ...draft, to: 'cap:review', quietFrom: '22:00', quietTo: '07:00', gates: GATES.map(gateDraftOf) })).toEqual({
      ...plain,
      to: 'cap:review',
      select: 'all',
      zone: 'Europe/Berlin',
      quiet: '22:00-07:00',
      gates: GATES,
    })
    accepts('schedules.create', creationOf({ ...draft, gates: GATES.map(gateDraftOf) }))
    expect([hasMore(draft), hasMore({ ...draft, jitter: '5m' })]).toEqual([false, true])
  })

  it('is previewed by its times, without a start that has passed', () => {
    const timing = { cron: '0 9 * * 1-5', zone: 'Europe/Berlin', endAt: '2027-01-01 09:00', quiet: '22:00-07:00' }
    expect(timingOf(draftOf(schedule(), NOW))).toEqual({ ...timing, startAt: '2026-01-01 09:00' })
    const later = draftOf(schedule(), Date.parse('2026-06-01T00:00:00Z'))
    expect(timingOf(later)).toEqual(timing)
    expect(changesOf(later, later)).toEqual({})
  })
})

describe('a gate', () => {
  it('is the same after it stood in the form', () => {
    for (const gate of GATES) expect(gateOf(gateDraftOf(gate))).toEqual(gate)
  })

  it('is said in words', () => {
    expect(GATES.map(gateInWords)).toEqual([
      'bob has been silent for 45m',
      'the recipient has no messages waiting',
      'the recipient owes an answer',
      'review rvw_4fxj1n1 is to be done',
      'thread thr_4fxj1n1 has ended',
    ])
    expect(gateInWords({ if: 'review_owed', not: true, peer: 'bob' })).toBe('bob has no review to do')
  })
})

describe('an error of a form', () => {
  it('stands at the field that it is about', () => {
    const invalid = (details: object) => fieldOf(new MusterError('invalid_input', { ...details }))
    expect(invalid({ field: 'cron' })).toBe('when')
    expect(invalid({ issues: [{ path: 'body', message: 'no' }] })).toBe('body')
    expect(invalid({ issues: [{ path: 'gates.1.for', message: 'no' }] })).toBe('gate 1')
    expect(invalid({ issues: [{ path: 'gates', message: 'too many' }] })).toBe('gates')
    expect(fieldOf(new MusterError('not_found', {}))).toBe('to')
    expect(fieldOf(new MusterError('not_found', { field: 'gates.0' }))).toBe('gate 0')
    expect([fieldOf(new MusterError('too_many_schedules', {})), fieldOf(new Error('x'))]).toEqual([undefined, undefined])
    expect([isBehindMore('gate 0'), isBehindMore('jitter'), isBehindMore('when'), isBehindMore(undefined)]).toEqual([true, true, false, false])
  })
})
