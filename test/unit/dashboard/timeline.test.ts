import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type Known, withNewest, withOlder } from '../../../client/dashboard/timeline/accumulate.ts'
import { byDay } from '../../../client/dashboard/timeline/days.ts'
import { gapInWords, pointsOf } from '../../../client/dashboard/timeline/life.ts'
import { runsOf } from '../../../client/dashboard/timeline/runs.ts'
import { type Listed, type Preview, saidOf, withoutRedacted } from '../../../client/dashboard/timeline/said.ts'
import { KINDS, KNOWN_TYPES, placeOf, sentenceOf } from '../../../client/dashboard/timeline/sentences.ts'
import { wordsOf } from '../../../client/dashboard/timeline/snippet.ts'

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

const peerOf = (name: string) => ({ id: `peer_${name}`, name, circle: 'main', role: 'agent' as const })
const FIRST = { message: 'msg_1', kind: 'ask' as const, from: peerOf('ann'), to: peerOf('bob'), text: 'May I?' }

function heard(type: string, preview: Partial<Preview>, more: Partial<Listed> = {}): Listed {
  const base: Preview = { thread: 'thr_1', message: 'msg_2', kind: 'notify', from: peerOf('ann'), to: [peerOf('bob')], told: 1, text: 'Look', first: null }
  const event = { cursor: 'k.1', at: '2026-01-31T09:00:00.000Z', type, actor: peerOf('ann'), circle: 'main', subject: 'thr_1', changed: {} }
  return { ...event, preview: { ...base, ...preview }, ...more }
}

/** What is told, as one reads it. */
function reads(event: Listed): string {
  const said = saidOf(event)
  const parts = said?.parts.map((part) => (typeof part === 'string' ? part : (part?.name ?? 'Muster'))).join(' ')
  return said ? `${parts}${said.words === undefined ? '' : ` | ${said.words}`}` : 'nothing'
}

describe('what was said, in the timeline', () => {
  it('names whom it was said to', () => {
    expect(reads(heard('thread.opened', {}))).toBe('told bob | Look')
    expect(reads(heard('thread.opened', { kind: 'ask' }))).toBe('asked bob | Look')
    const [bob, cid, dan] = ['bob', 'cid', 'dan'].map(peerOf) as [Preview['to'][0], Preview['to'][0], Preview['to'][0]]
    expect(reads(heard('thread.opened', { to: [bob, cid], told: 2 }))).toBe('told bob and cid | Look')
    expect(reads(heard('thread.opened', { to: [bob, cid, dan], told: 3 }))).toBe('told bob , cid and dan | Look')
    expect(reads(heard('thread.opened', { to: [bob, cid, dan], told: 4 }))).toBe('told bob , cid , dan and 1 other | Look')
    expect(reads(heard('thread.opened', { to: [bob, cid, dan], told: 40 }))).toBe('told bob , cid , dan and 37 others | Look')
    expect(reads(heard('thread.message', { kind: 'reply', to: [], told: 0 }))).toBe('said more to Muster | Look')
  })

  it('says how an ask ended, with the words that matter then', () => {
    const ended = (state: string) => reads(heard('thread.closed', { first: FIRST }, { changed: { state } }))
    expect(['answered', 'declined', 'cancelled', 'expired', 'failed', 'comet'].map(ended)).toEqual([
      'answered ann | Look',
      'declined what ann asked | Look',
      'cancelled an ask to bob | May I?',
      'let an ask of ann to bob expire | May I?',
      'could not deliver an ask of ann to bob | May I?',
      'nothing',
    ])
    const late = { changed: { late: true } }
    expect(reads(heard('thread.message', { kind: 'answer', first: FIRST }, late))).toBe('answered bob late | Look')
    expect(reads(heard('thread.message', { kind: 'decline', first: FIRST }, late))).toBe('declined late what bob asked | Look')
    expect(reads(heard('thread.message', { kind: 'reply', first: FIRST }, late))).toBe('said more, late, to bob | Look')
    expect(reads(heard('thread.message', { kind: 'fail', first: FIRST }))).toBe('told bob | Look')
    expect(reads(heard('thread.reminded', { first: FIRST }))).toBe('reminded bob of what ann asked | May I?')
    expect(reads(heard('thread.moved', { kind: 'ask' }))).toBe('moved what ann asked bob since the lead passed on | Look')
    expect(reads(heard('delivery.dead', {}))).toBe('gave up on a delivery of ann to bob | Look')
  })

  it('leads to the message in its thread, or to its life where it did not arrive', () => {
    expect(saidOf(heard('thread.opened', {}))?.place).toBe('/threads/thr_1#msg_2')
    expect(saidOf(heard('delivery.dead', {}))?.place).toBe('/messages/msg_2')
    expect(saidOf({ ...heard('thread.opened', {}), preview: undefined })).toBeUndefined()
    expect(saidOf(heard('peer.renamed', {}))).toBeUndefined()
  })

  it('has no words of what was redacted, before or since', () => {
    expect(saidOf(heard('thread.opened', { text: null }))?.words).toBeNull()
    expect(reads(heard('message.redacted', { text: null }))).toBe('redacted a message to bob')
    const answered = heard('thread.closed', { first: FIRST })
    expect(withoutRedacted(answered, new Set(['msg_9']))).toBe(answered)
    expect(withoutRedacted(answered, new Set(['msg_2'])).preview).toMatchObject({ text: null, first: { text: 'May I?' } })
    expect(withoutRedacted(answered, new Set(['msg_1'])).preview).toMatchObject({ text: 'Look', first: { text: null } })
  })
})

describe('what is the same many times', () => {
  const told = (at: string, more: Partial<Preview> = {}) => heard('thread.opened', more, { at: `2026-01-31T${at}Z` })
  const shapeOf = (events: readonly Listed[]) =>
    runsOf(events).map(({ events: { length }, summary }) =>
      summary ? summary.map((part) => (typeof part === 'string' ? part : part?.name)).join(' ') : length,
    )

  it('is one line, from four on, of one minute, one sender and one recipient', () => {
    const many = Array.from({ length: 20 }, (_, second) => told(`09:00:${String(second).padStart(2, '0')}`))
    expect(shapeOf(many)).toEqual(['told bob 20 things'])
    expect(shapeOf(many.slice(0, 3))).toEqual([1, 1, 1])
    expect(shapeOf([told('09:01:00'), ...many])).toEqual([1, 'told bob 20 things'])
    expect(shapeOf([...many.slice(0, 5), told('09:00:05', { to: [peerOf('cid')] }), ...many.slice(6)])).toEqual(['told bob 5 things', 1, 'told bob 14 things'])
    expect(shapeOf(many.map((event) => ({ ...event, preview: undefined })))).toHaveLength(20)
    expect(shapeOf(many.map((event, at) => ({ ...event, actor: peerOf(`p${at % 2}`) })))).toHaveLength(20)
    expect(shapeOf(many.map((event) => ({ ...event, preview: { ...(event.preview as Preview), to: ['bob', 'cid'].map(peerOf) } })))).toHaveLength(20)
  })

  it('is one line where receipts come in between, which are another', () => {
    const acked = (at: string, count = 1) =>
      heard('mailbox.acked', {}, { preview: undefined, actor: peerOf('bob'), at: `2026-01-31T${at}Z`, changed: { acked: Array(count).fill('dlv_1') } })
    const turns = Array.from({ length: 5 }, (_, second) => [acked(`09:00:0${second}`, 2), told(`09:00:0${second}`)]).flat()
    expect(shapeOf(turns)).toEqual(['acked 10 deliveries', 'told bob 5 things'])
    expect(shapeOf(turns.slice(0, 6))).toEqual([1, 1, 1, 1, 1, 1])
    expect(runsOf(turns.slice(0, 6)).map(({ events: [event] }) => event)).toEqual(turns.slice(0, 6))
    const other = heard('peer.renamed', {}, { preview: undefined })
    expect(shapeOf([...turns.slice(0, 6), other, ...turns.slice(6)])).toEqual(Array(11).fill(1))
    expect(shapeOf([...turns, acked('09:01:00')])).toEqual(['acked 10 deliveries', 'told bob 5 things', 1])
  })

  it('is counted by what it was', () => {
    const four = (type: string, more: Partial<Preview>) => shapeOf(Array.from({ length: 4 }, () => heard(type, more)))[0]
    expect(four('thread.opened', { kind: 'ask' })).toBe('asked bob 4 things')
    expect(four('thread.message', { kind: 'reply' })).toBe('told bob 4 more things')
    expect(four('thread.closed', { kind: 'answer' })).toBe('answered 4 asks of bob')
    expect(four('thread.closed', { kind: 'decline' })).toBe(1)
  })
})

describe('what a search found', () => {
  it('is marked within words without marks, wherever those begin and end', () => {
    const parts = [
      { text: '# Plan\n\nThe **', match: false },
      { text: 'grand** import', match: true },
      { text: ' of `step ', match: false },
      { text: '42', match: true },
      { text: '`\u0001\u202e', match: false },
    ]
    expect(wordsOf(parts)).toEqual([
      { text: 'Plan The ', match: false },
      { text: 'grand import', match: true },
      { text: ' of step ', match: false },
      { text: '42', match: true },
      { text: '␣␣', match: false },
    ])
    expect(wordsOf([{ text: 'ab', match: true }])).toEqual([{ text: 'ab', match: true }])
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
    expect(cursorsOf(withNewest(page('b', 'a'), page('c', 'b', 'a')))).toBe('cba')
  })

  it('takes what is new about an event that it knew', () => {
    const said = (cursor: string, text: string) => ({ cursor, text })
    const known = { events: [said('b', 'old'), said('a', 'old')], before: null }
    const { events } = withNewest(known, { events: [said('c', 'new'), said('b', 'new')], before: 'b' })
    expect(events.map(({ cursor, text }) => `${cursor} ${text}`)).toEqual(['c new', 'b new', 'a old'])
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
