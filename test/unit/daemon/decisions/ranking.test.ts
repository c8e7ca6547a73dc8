import fc from 'fast-check'
import { expect, test } from 'vitest'
import { endOfQuiet } from '../../../../daemon/decisions/quiet.ts'
import { costOf } from '../../../../daemon/decisions/ranking.ts'

const HOUR = 3_600_000
const waiting = fc.record({
  priority: fc.integer({ min: 1, max: 3 }),
  blocked: fc.integer({ min: 0, max: 500 }),
  ageMs: fc.integer({ min: 0, max: 1_000 * HOUR }),
  dueInMs: fc.option(fc.integer({ min: -100 * HOUR, max: 100 * HOUR })),
})

test('waiting costs more for more who wait, for longer, nearer to its time, and where it is urgent', () => {
  fc.assert(
    fc.property(waiting, (one) => {
      const cost = costOf(one)
      expect(cost).toBeGreaterThan(0)
      expect(costOf({ ...one, blocked: one.blocked + 1 })).toBeGreaterThan(cost)
      expect(costOf({ ...one, ageMs: one.ageMs + HOUR })).toBeGreaterThan(cost)
      if (one.priority > 1) expect(costOf({ ...one, priority: one.priority - 1 })).toBeGreaterThan(cost)
      if (one.dueInMs !== null) expect(costOf({ ...one, dueInMs: one.dueInMs - HOUR })).toBeGreaterThanOrEqual(cost)
      expect(costOf({ ...one, dueInMs: 0 })).toBeGreaterThanOrEqual(costOf({ ...one, dueInMs: null }))
    }),
  )
})

test('a card of a clock that was set back costs what a new one does', () => {
  const one = { priority: 2, blocked: 1, dueInMs: null }
  expect(costOf({ ...one, ageMs: -HOUR })).toBe(costOf({ ...one, ageMs: 0 }))
})

const at = (text: string) => Date.parse(text)
test.each([
  ['before midnight', 'UTC', '2026-01-01T23:00:00Z', '2026-01-02T07:00:00Z'],
  ['after midnight', 'UTC', '2026-01-02T03:00:00Z', '2026-01-02T07:00:00Z'],
  ['at its end', 'UTC', '2026-01-02T07:00:00Z', undefined],
  ['by day', 'UTC', '2026-01-02T12:00:00Z', undefined],
  ['in a zone', 'America/New_York', '2026-01-02T04:00:00Z', '2026-01-02T12:00:00Z'],
  ['in the night in which clocks are put forward', 'Europe/Berlin', '2026-03-28T23:30:00Z', '2026-03-29T05:00:00Z'],
  ['in the night in which clocks are put back', 'Europe/Berlin', '2026-10-24T23:30:00Z', '2026-10-25T06:00:00Z'],
])('quiet hours end when they say, %s', (_, zone, now, end) => {
  const until = endOfQuiet({ from_at: 22 * 60, to_at: 7 * 60, zone }, at(now))
  expect(until === undefined ? undefined : new Date(until).toISOString()).toBe(end && new Date(end).toISOString())
})
