import { describe, expect, it } from 'vitest'
import { chosenOf, decidedBefore, letterOf, scopeOf, shownValue } from '../../../client/dashboard/cards/words.ts'
import { byAttention, type CrewPeer, isFound, progressOf, sinceOf } from '../../../client/dashboard/crew/order.ts'
import { changedOf, happenedOf, linkOf } from '../../../client/dashboard/reviews/words.ts'
import { ruleOf } from '../../../client/dashboard/schedules/words.ts'
import { MusterError } from '../../../src/muster-error.ts'

const option = (letter: string, text: string) => ({ letter, text, pros: '', cons: '', safe: false, does: null }) as never

describe('the words of cards', () => {
  it('say what was decided before, by whom, when and how; of another error nothing', () => {
    const details = { state: 'answered', option: 'b', by: { name: 'ann' }, device: 'tablet', at: '2026-11-21T12:00:00Z', how: 'letter' }
    expect(decidedBefore(new MusterError('already_closed', details))).toMatch(
      /^It was decided before: Answered \(B\) by ann on tablet, at \d\d:\d\d:\d\d.*, by a letter on its thread\.$/,
    )
    const byItself = new MusterError('already_closed', { state: 'expired', option: 'a', by: null, device: null, at: '2026-11-21T12:00:00Z', how: 'default' })
    expect(decidedBefore(byItself)).toContain('Default taken (A) by the daemon')
    expect(decidedBefore(new MusterError('forbidden', {}))).toBeUndefined()
  })

  it('name the option that was chosen, and the one that a key means', () => {
    const options = [option('a', 'Yes'), option('b', 'No')]
    expect([chosenOf({ option: 'b', options }), chosenOf({ option: null, options })]).toEqual(['B: No', undefined])
    expect([letterOf('B', options), letterOf('c', options)]).toEqual(['b', undefined])
  })

  it('hold fixed what is kept, and show values as one reads them', () => {
    expect(scopeOf({ cwd: '/ship', watch: false }, new Set(['watch', 'other']))).toEqual({ watch: false })
    expect(scopeOf({ cwd: '/ship' }, new Set())).toEqual({})
    // All of them: then there must be no others.
    expect(scopeOf({ cwd: '/ship' }, new Set(['cwd', 'other']))).toBeUndefined()
    expect(scopeOf({}, new Set())).toBeUndefined()
    expect([shownValue('a "b"'), shownValue({ a: [1] }), shownValue(undefined)]).toEqual(['a "b"', '{"a":[1]}', 'undefined'])
  })
})

const peer = (name: string, more: Partial<CrewPeer> = {}): CrewPeer =>
  ({
    name,
    circle: 'main',
    role: 'agent',
    runtime: 'codex',
    capabilities: ['build'],
    description: 'Writes',
    presence: 'online',
    presenceSince: '2026-01-01T00:00:00Z',
    turn: 'idle',
    turnSince: null,
    ...more,
  }) as CrewPeer

describe('the words of the crew', () => {
  it('put first who waits at a prompt, last who is away, and the last to change before the others', () => {
    const all = [
      peer('gone', { presence: 'offline', turn: 'awaiting_input' }),
      peer('idle'),
      peer('early', { turn: 'working', turnSince: '2026-01-02T00:00:00Z' }),
      peer('late', { turn: 'working', turnSince: '2026-01-03T00:00:00Z' }),
      peer('waits', { turn: 'awaiting_input' }),
    ]
    expect(all.sort(byAttention).map(({ name }) => name)).toEqual(['waits', 'late', 'early', 'idle', 'gone'])
    expect(sinceOf(peer('p', { presence: 'offline', turn: 'working', turnSince: '2026-02-01T00:00:00Z' }))).toBe('2026-01-01T00:00:00Z')
  })

  it('are found by each word that is typed', () => {
    expect([isFound(peer('bob'), 'codex WRIT'), isFound(peer('bob'), 'codex reads'), isFound(peer('bob'), '')]).toEqual([true, false, true])
  })

  it('say how far somebody is, as far as it was said', () => {
    const of = (done: number | null, count: number | null, step: string | null) => progressOf({ progress: { done, of: count, step } })
    expect([of(3, 5, 'tests'), of(3, null, null), of(null, null, 'tests'), progressOf({ progress: null })]).toEqual(['3 of 5: tests', '3 done', 'tests', ''])
  })
})

describe('the words of schedules', () => {
  it('say a rule', () => {
    const rule = (more: object) => ruleOf({ at: null, cron: null, every: null, ...more })
    expect(rule({ every: '15m' })).toBe('Every 15 minutes')
    expect(rule({ every: '1h' })).toBe('Every hour')
    expect(rule({ cron: '30 17 * * 1-5' })).toBe('At 17:30, Monday through Friday')
    expect(rule({ cron: '@daily' })).toBe('Every day at midnight')
    expect(rule({ cron: 'as I say' })).toBe('as I say')
    expect(rule({ at: '2026-12-24T17:00:00Z' })).toBe('Once')
  })
})

describe('the words of reviews', () => {
  it('say what a head changed, as far as it is known', () => {
    expect(changedOf({ from: null, commits: 1, files: 5, additions: 120, deletions: 14 })).toBe('1 commit, 5 files, +120 −14')
    expect(changedOf({ from: null, commits: null, files: null, additions: null, deletions: 3 })).toBe('−3')
    expect(changedOf(null)).toBe('')
  })

  it('open what a browser may open', () => {
    expect(linkOf('https://github.com/a/b/pull/1')).toEqual({ href: 'https://github.com/a/b/pull/1', host: 'github.com' })
    for (const url of [null, 'javascript:alert(1)', 'data:text/html,x', 'not a link', 'file:///etc/passwd']) expect(linkOf(url)).toBeUndefined()
  })

  it('tell a verdict', () => {
    expect([happenedOf({ type: 'reviewed', verdict: 'approve' }), happenedOf({ type: 'assigned', verdict: null })]).toEqual(['approved it', 'assigned it to'])
  })
})
