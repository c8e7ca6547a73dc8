import { describe, expect, it } from 'vitest'
import { readWhen } from '../../../../daemon/schedules/when.ts'

// A Saturday, 13:00 in Berlin.
const now = Date.UTC(2026, 10, 21, 12)
const read = (text: string, zone = 'Europe/Berlin', at = now) => new Date(readWhen(text, { now: at, zone, field: 'at' })).toISOString()

describe('a time as a person says it', () => {
  it.each([
    ['2026-12-24T18:00:00+01:00', '2026-12-24T17:00:00.000Z'],
    ['2026-12-24 18:00', '2026-12-24T17:00:00.000Z'],
    ['2026-07-01T18:00', '2026-07-01T16:00:00.000Z', Date.UTC(2026, 0)],
    ['10m', '2026-11-21T12:10:00.000Z'],
    ['in 2h', '2026-11-21T14:00:00.000Z'],
    ['IN  90s', '2026-11-21T12:01:30.000Z'],
    ['13:30', '2026-11-21T12:30:00.000Z'],
    ['09:00', '2026-11-22T08:00:00.000Z'],
    ['today 23:59', '2026-11-21T22:59:00.000Z'],
    ['tomorrow 09:00', '2026-11-22T08:00:00.000Z'],
    ['tomorrow at 9am', '2026-11-22T08:00:00.000Z'],
    ['friday 6:30pm', '2026-11-27T17:30:00.000Z'],
    ['next saturday 12am', '2026-11-27T23:00:00.000Z'],
    ['monday 12pm', '2026-11-23T11:00:00.000Z'],
  ])('%s', (text, expected, at = now) => {
    expect(read(text, 'Europe/Berlin', at)).toBe(expected)
  })

  it.each([
    ['2026-03-29 02:30', 'does not exist', Date.UTC(2026, 0)],
    ['2026-10-25 02:30', 'comes twice', Date.UTC(2026, 0)],
    ['2026-02-30 09:00', 'is no time', Date.UTC(2026, 0)],
    ['2026-11-21T11:59:59Z', 'has passed', now],
    ['today 09:00', 'has passed', now],
    ['0s', 'has passed', now],
    ['soon', 'is no time', now],
    ['tomorrow', 'is no time', now],
    ['9', 'is no time', now],
    ['25:00', 'is no time', now],
    ['13pm', 'is no time', now],
    ['0am', 'is no time', now],
    ['', 'is no time', now],
  ])('%s is refused: it %s', (text, why, at) => {
    expect(() => read(text, 'Europe/Berlin', at)).toThrow(why)
  })

  it('names both instants of a time that comes twice', () => {
    expect(() => read('2026-10-25 02:30', 'Europe/Berlin', Date.UTC(2026, 0))).toThrow(
      expect.objectContaining({ details: { field: 'at', hint: 'Give 2026-10-25T00:30:00.000Z or 2026-10-25T01:30:00.000Z.' } }),
    )
  })
})
