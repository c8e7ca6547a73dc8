import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, formatTime, parseDuration, parseTime } from '../../../src/time.ts'

describe('a duration', () => {
  it('is read in every unit', () => {
    const texts = ['250ms', '90s', '15m', '24h', '2d', '1w', '0s']
    expect(texts.map(parseDuration)).toEqual([250, 90_000, 900_000, 86_400_000, 172_800_000, 604_800_000, 0])
  })

  it('is none where the text is anything else', () => {
    const texts = ['', '90', 's', '-1s', '1.5h', '1e3s', ' 90s', '90s ', '90S', '1h30m', '90 s', '1y', '٣s', '9999999999s', 'Infinitys', '90s\n']
    for (const text of texts) expect(parseDuration(text), text).toBeUndefined()
  })

  it('is none where its milliseconds could not be told apart', () => {
    expect(parseDuration('999999999d')).toBeUndefined()
    expect(parseDuration('999999999w')).toBeUndefined()
    expect(parseDuration('999999999h')).toBe(999_999_999 * 3_600_000)
  })

  it('is written in the largest unit that is exact', () => {
    expect([0, 1, 1_500, 90_000, 3_600_000, 86_400_000, 604_800_000].map(formatDuration)).toEqual(['0ms', '1ms', '1500ms', '90s', '1h', '1d', '1w'])
  })

  it('comes back from its text as it went in', () => {
    fc.assert(
      fc.property(fc.nat(999_999_999), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
  })
})

describe('a time', () => {
  it('comes back from its text as it went in', () => {
    // The years that four digits hold.
    fc.assert(
      fc.property(fc.integer({ min: -62_000_000_000_000, max: 253_402_300_799_999 }), (ms) => {
        expect(parseTime(formatTime(ms))).toBe(ms)
      }),
    )
  })

  it('is read with any offset and in small letters', () => {
    const noon = Date.UTC(2026, 0, 31, 12)
    const texts = ['2026-01-31T12:00:00Z', '2026-01-31t12:00:00z', '2026-01-31T13:00:00+01:00', '2026-01-31T06:30:00-05:30', '2026-01-31T12:00:00.000Z']
    for (const text of texts) expect(parseTime(text), text).toBe(noon)
    expect(parseTime('2026-01-31T12:00:00.123456789Z')).toBe(noon + 123)
  })

  it('is none where it does not say which moment is meant, or names one that does not exist', () => {
    const vague = ['', '2026-01-31', '2026-01-31T12:00:00', '2026-01-31T12:00Z', '2026-01-31 12:00:00Z', 'now', '1769860800000', '+002026-01-31T12:00:00Z']
    const impossible = ['2026-02-29', '2026-04-31', '2026-13-01', '2026-00-01', '2026-01-00'].map((day) => `${day}T12:00:00Z`)
    const hours = ['24:00:00', '25:00:00', '12:60:00', '12:00:60', '12:00:61'].map((hour) => `2026-01-31T${hour}Z`)
    for (const text of [...vague, ...impossible, ...hours, '2026-01-31T12:00:00+24:00', '2026-01-31T12:00:00+99:99'])
      expect(parseTime(text), text).toBeUndefined()
  })

  it('knows leap years', () => {
    expect(parseTime('2024-02-29T00:00:00Z')).toBe(Date.UTC(2024, 1, 29))
    expect(parseTime('2000-02-29T00:00:00Z')).toBe(Date.UTC(2000, 1, 29))
    expect(parseTime('1900-02-29T00:00:00Z')).toBeUndefined()
  })
})
