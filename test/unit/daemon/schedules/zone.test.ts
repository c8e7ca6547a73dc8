import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatLocal, instantsOf, isZone, plusDays, type Wall, wallAt } from '../../../../daemon/schedules/zone.ts'

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/St_Johns', 'Pacific/Apia', 'Africa/Casablanca']
const wall = (text: string): Wall => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = text.split(/\D/).map(Number)
  return { year, month, day, hour, minute }
}
const iso = (at: number) => new Date(at).toISOString()

describe('a zone', () => {
  it.each(ZONES)('gives back the instant of the time that its clocks show: %s', (zone) => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2015, 0), max: Date.UTC(2040, 0) }), (ms) => {
        const minute = Math.floor(ms / 60_000) * 60_000
        expect(instantsOf(wallAt(minute, zone), zone)).toContain(minute)
      }),
    )
  })

  it.each([
    ['Europe/Berlin', '2026-03-29 02:30', []],
    ['Europe/Berlin', '2026-10-25 02:30', ['2026-10-25T00:30:00.000Z', '2026-10-25T01:30:00.000Z']],
    ['America/New_York', '2026-03-08 02:00', []],
    ['America/New_York', '2026-11-01 01:59', ['2026-11-01T05:59:00.000Z', '2026-11-01T06:59:00.000Z']],
    ['Australia/Lord_Howe', '2026-10-04 02:15', []],
    ['Australia/Lord_Howe', '2026-04-05 01:45', ['2026-04-04T14:45:00.000Z', '2026-04-04T15:15:00.000Z']],
    ['Pacific/Apia', '2011-12-30 09:00', []],
    ['Asia/Kolkata', '2026-06-01 09:00', ['2026-06-01T03:30:00.000Z']],
  ])('knows the times that its clocks leave out and show twice: %s %s', (zone, text, instants) => {
    expect(instantsOf(wall(text), zone).map(iso)).toEqual(instants)
  })

  it('is an IANA name, and no offset', () => {
    expect(['Europe/Berlin', 'UTC', 'Etc/GMT+5'].filter(isZone)).toHaveLength(3)
    expect(['+02:00', 'Mars/Base', '', 'Europe/Berlin; DROP'].filter(isZone)).toEqual([])
  })

  it('is written as people there read it', () => {
    expect(formatLocal(Date.UTC(2026, 11, 4, 8), 'Europe/Berlin')).toBe('Fri 2026-12-04 09:00 CET')
    expect(plusDays(wall('2026-12-31 09:00'), 1)).toEqual(wall('2027-01-01 09:00'))
  })
})
