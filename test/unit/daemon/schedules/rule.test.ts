import { describe, expect, it } from 'vitest'
import { nextAfter, type Rule, requirePattern } from '../../../../daemon/schedules/rule.ts'
import { instantsOf, plusDays, wallAt } from '../../../../daemon/schedules/zone.ts'

const BARE: Rule = { at: null, cron: null, every_ms: null, anchor: 0, zone: 'UTC', start_at: null, end_at: null, quiet_from: null, quiet_to: null }
const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString())

function next(rule: Partial<Rule>, after: string, count: number): (string | undefined)[] {
  const found: (string | undefined)[] = []
  let at: number | undefined = Date.parse(after)
  for (let n = 0; n < count && at !== undefined; n += 1) {
    at = nextAfter({ ...BARE, ...rule }, at)
    found.push(iso(at))
  }
  return found
}

const ZONES = ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'America/Santiago', 'Africa/Casablanca', 'Asia/Kolkata', 'UTC']

describe('a cron pattern', () => {
  // The rule, said another way: once each local day, at the first instant that shows the time, or where the gap over it ends.
  it.each(ZONES)('of one time a day comes due once each day, for five years in %s', (zone) => {
    for (const [hour, minute] of [
      [2, 30],
      [0, 0],
      [1, 45],
      [23, 59],
    ] as const) {
      const from = Date.UTC(2024, 0, 1)
      let at: number | undefined = from
      let day = plusDays({ ...wallAt(from, zone), hour, minute }, -1)
      for (let n = 0; n < 5 * 365; n += 1) {
        at = nextAfter({ ...BARE, cron: `${minute} ${hour} * * *`, zone }, at as number)
        let expected: number | undefined
        do {
          day = plusDays(day, 1)
          expected = instantsOf(day, zone)[0] ?? endOfGap(day, zone)
        } while (expected <= from)
        expect(iso(at)).toBe(iso(expected))
      }
    }
  })

  it('of every half hour goes on as time does, over a gap and a repeat', () => {
    for (const [zone, day] of [
      ['Europe/Berlin', '2026-03-29'],
      ['Europe/Berlin', '2026-10-25'],
      ['America/New_York', '2026-11-01'],
    ] as const) {
      const start = Date.parse(`${day}T00:00:00Z`) - 1
      const times = next({ cron: '*/30 * * * *', zone }, new Date(start).toISOString(), 20).map((time) => Date.parse(time ?? ''))
      expect(times.slice(1).map((time, n) => time - (times[n] ?? 0))).toEqual(Array(19).fill(1_800_000))
    }
  })

  it.each(['61 * * * *', '* * * *', '* * * * * *', '@sometimes', '*/0 * * * *', '0 0 30 2 *', 'hello', ''])('is refused: %s', (cron) => {
    expect(() => requirePattern(cron, 'UTC', 0)).toThrow(expect.objectContaining({ code: 'invalid_input' }))
  })

  it.each(['@daily', '@hourly', '0 9 * * 1-5', '0 0 29 2 *', '*/5 8-18 * * MON'])('is taken: %s', (cron) => {
    expect(() => requirePattern(cron, 'Europe/Berlin', 0)).not.toThrow()
  })
})

describe('a rule', () => {
  it('of an interval counts from its anchor, wherever one looks from', () => {
    const rule = { every_ms: 3_600_000, anchor: Date.parse('2026-01-01T00:10:00Z') }
    expect(next(rule, '2026-01-01T00:00:00Z', 3)).toEqual(['2026-01-01T01:10:00.000Z', '2026-01-01T02:10:00.000Z', '2026-01-01T03:10:00.000Z'])
    expect(next(rule, '2026-05-01T12:10:00Z', 1)).toEqual(['2026-05-01T13:10:00.000Z'])
  })

  it('keeps to its start and its end', () => {
    const rule = { cron: '@daily', start_at: Date.parse('2026-03-01T00:00:00Z'), end_at: Date.parse('2026-03-02T12:00:00Z') }
    expect(next(rule, '2026-01-01T00:00:00Z', 5)).toEqual(['2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z', undefined])
  })

  it('leaves quiet hours out, over midnight too, on days when clocks change', () => {
    const quiet = { quiet_from: 22 * 60, quiet_to: 7 * 60, zone: 'Europe/Berlin' }
    expect(next({ cron: '0 * * * *', ...quiet }, '2026-03-28T19:30:00Z', 3)).toEqual([
      '2026-03-28T20:00:00.000Z',
      '2026-03-29T05:00:00.000Z',
      '2026-03-29T06:00:00.000Z',
    ])
    expect(next({ every_ms: 600_000, ...quiet }, '2026-10-24T19:45:00Z', 2)).toEqual(['2026-10-24T19:50:00.000Z', '2026-10-25T06:00:00.000Z'])
    expect(next({ cron: '0 3 * * *', ...quiet, quiet_from: 120, quiet_to: 240 }, '2026-03-28T19:30:00Z', 1)).toEqual([undefined])
  })
})

function endOfGap(day: Parameters<typeof plusDays>[0], zone: string): number {
  let wall = day
  for (;;) {
    const minute = wall.minute + 1
    wall = { ...wall, minute: minute % 60, hour: wall.hour + Math.floor(minute / 60) }
    const [at] = instantsOf(wall, zone)
    if (at !== undefined) return at
  }
}
