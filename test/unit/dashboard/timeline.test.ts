import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Known, withNewest, withOlder } from '../../../client/dashboard/timeline/accumulate.ts'
import { byDay } from '../../../client/dashboard/timeline/days.ts'
import { gapInWords, pointsOf } from '../../../client/dashboard/timeline/life.ts'
import { KINDS, KNOWN_TYPES, placeOf, sentenceOf } from '../../../client/dashboard/timeline/sentences.ts'

/** The types of events that the protocol has, from its table. */
const PROTOCOL = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8')
const TYPES = [...(PROTOCOL.split('## 12. Events')[1]?.split('## 13.')[0] ?? '').matchAll(/^\| `([a-z]+\.[a-z]+)` \|/gm)].map(([, type]) => type ?? '')

describe('the sentences of the timeline', () => {
  it('has one for each type of event that there is, and a kind to narrow to', () => {
    expect(TYPES.length).toBeGreaterThan(60)
    expect([...KNOWN_TYPES].sort()).toEqual([...TYPES].sort())
    const families = KINDS.flatMap(([, , words]) => words as readonly string[])
    expect([...new Set(TYPES.map((type) => type.split('.')[0]))].sort()).toEqual([...families].sort())
  })

  it('is whole without any of the changed fields, and names a type that it does not know', () => {
    for (const type of KNOWN_TYPES) expect(sentenceOf({ type, changed: {} }), type).toMatch(/^(?!.*(?: {2}|\(\)|:$))[a-z].*\S$/)
    expect(sentenceOf({ type: 'mailbox.acked', changed: { acked: ['dlv_1'] } })).toBe('acked a delivery')
    expect(sentenceOf({ type: 'mailbox.acked', changed: { acked: ['dlv_1', 'dlv_2'] } })).toBe('acked 2 deliveries')
    expect(sentenceOf({ type: 'thread.closed', changed: { state: 'expired' } })).toBe('let an ask expire')
    expect(sentenceOf({ type: 'comet.seen', changed: {} })).toBe('comet.seen')
  })

  it('leads to where the subject can be looked at', () => {
    expect(placeOf('thr_k7qm2x4')).toBe('/threads/thr_k7qm2x4')
    expect(placeOf('dlv_k7qm2x4')).toBe('/messages/dlv_k7qm2x4')
    expect(placeOf('crd_k7qm2x4')).toBeUndefined()
    expect(placeOf(null)).toBeUndefined()
  })
})

describe('the log as far as it is known', () => {
  const page = (...cursors: string[]): Known<{ cursor: string }> => ({ events: cursors.map((cursor) => ({ cursor })), before: cursors.at(-1) ?? null })
  const cursorsOf = ({ events }: Known<{ cursor: string }>): string => events.map(({ cursor }) => cursor).join('')

  it('grows at both ends without a double', () => {
    const first = withNewest(page(), page('c', 'b'))
    const both = withOlder(withNewest(first, page('d', 'c')), page('a'))
    expect(cursorsOf(both)).toBe('dcba')
    expect(both.before).toBe('a')
    expect(cursorsOf(withNewest(both, page('d', 'c')))).toBe('dcba')
  })

  it('forgets what it cannot join on to', () => {
    const gap = withNewest(page('c', 'b', 'a'), page('z', 'y'))
    expect(cursorsOf(gap)).toBe('zy')
    expect(gap.before).toBe('y')
  })
})

describe('days and gaps', () => {
  it('puts what follows each other on one day together', () => {
    const now = new Date(2026, 0, 31, 12).getTime()
    const at = (day: number, hour: number) => ({ at: new Date(2026, 0, day, hour).toISOString() })
    const days = byDay([at(31, 11), at(31, 0), at(30, 23), at(12, 9)], now)
    expect(days.map(({ day, items }) => [day, items.length])).toEqual([
      ['Today', 2],
      ['Yesterday', 1],
      [expect.stringContaining('12'), 1],
    ])
  })

  it('says how long lay between two points', () => {
    expect([0, 999, 3_400, 59_999, 150_000, 7_200_000, 200_000_000].map(gapInWords)).toEqual(['0 ms', '999 ms', '3.4 s', '59 s', '2 min', '2 h', '2 d'])
    const step = (step: string, at: string) => ({ at, step, delivery: null, by: null, note: null })
    const points = pointsOf([step('sent', '2026-01-31T09:00:00.000Z'), step('expired', '2026-01-31T09:00:02.000Z')])
    expect(points.map(({ word, gapMs, tone }) => [word, gapMs, tone])).toEqual([
      ['sent', undefined, 'plain'],
      ['expired', 2_000, 'bad'],
    ])
  })
})
