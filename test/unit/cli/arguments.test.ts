import { describe, expect, it } from 'vitest'
import { expectWords, momentOf, parseArguments } from '../../../client/cli/arguments.ts'
import { CliError } from '../../../client/cli/failure.ts'
import type { Flag } from '../../../client/cli/flags.ts'
import { nearest } from '../../../client/cli/nearest.ts'

const FLAGS = {
  json: { type: 'boolean', summary: '' },
  limit: { type: 'string', summary: '' },
  file: { type: 'string', short: 'f', summary: '' },
} satisfies Record<string, Flag>

const parse = (...args: string[]) => parseArguments(args, FLAGS)

function failureOf(action: () => unknown): CliError {
  try {
    action()
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
  throw new Error('Expected a failure')
}

describe('arguments', () => {
  it('are flags and words in any order', () => {
    const { flags, words } = parse('bob', '--limit', '5', 'hello there', '-f', 'x', '--json')
    expect(words).toEqual(['bob', 'hello there'])
    expect([flags.on('json'), flags.count('limit', { min: 1, max: 9 }), flags.text('file'), flags.text('other')]).toEqual([true, 5, 'x', undefined])
  })

  it('take a lone dash as a word and everything behind -- too', () => {
    expect(parse('bob', '-').words).toEqual(['bob', '-'])
    expect(parse('bob', '--', '--json').words).toEqual(['bob', '--json'])
    expect(parse('bob', '--', '--json').flags.on('json')).toBe(false)
  })

  it.each([
    [['--limt', '5'], 'unknown flag --limt', 'Did you mean --limit?'],
    [['--whatever'], 'unknown flag --whatever', '--help lists the flags'],
    [['- item one'], 'an argument begins with a dash', 'Put -- before'],
    [['-x'], 'unknown flag -x', 'Put -- before'],
    [['--limit'], "Option '--limit <value>' argument missing", '--flag=-value'],
    [['--json=yes'], "Option '--json' does not take an argument", ''],
  ])('refuse %j and say what would do', (args, message, hint) => {
    const failure = failureOf(() => parse(...args))
    expect(failure.exit).toBe(64)
    expect(failure.message).toContain(message)
    expect(failure.hint).toContain(hint)
  })

  it.each(['0', '10', '-1', '1.5', 'many', '1e1', ''])('refuse the count %j', (value) => {
    const { flags } = parse(`--limit=${value}`)
    expect(failureOf(() => flags.count('limit', { min: 1, max: 9 })).hint).toBe('Expected a whole number from 1 to 9.')
  })

  it('read durations, choices and lists', () => {
    const { flags } = parse('--limit', '15m', '--file', ' a, b,,c ')
    expect(flags.duration('limit')).toBe(900_000)
    expect(flags.list('file')).toEqual(['a', 'b', 'c'])
    expect(failureOf(() => flags.duration('file')).hint).toContain('90s')
    expect(failureOf(() => flags.choice('limit', ['urgent', 'low'])).hint).toBe('Expected one of: urgent, low.')
    expect(parse('--limit', 'low').flags.choice('limit', ['urgent', 'low'])).toBe('low')
  })
})

describe('the number of words', () => {
  it('is checked, optional ones apart', () => {
    expectWords(['a'], ['to', 'body?'], 'x')
    expectWords(['a', 'b'], ['to', 'body?'], 'x')
    expect(failureOf(() => expectWords([], ['to', 'body?'], 'ask <to>')).message).toBe('<to> is missing')
    const extra = failureOf(() => expectWords(['bob', 'two', 'words'], ['to', 'body?'], 'ask <to> <body>'))
    expect([extra.message, extra.hint]).toEqual(['unexpected argument "words"', 'Text of several words goes in quotes. Use: muster ask <to> <body>'])
  })
})

describe('a moment', () => {
  it('is a duration or a time', () => {
    expect(momentOf('deadline', '15m')).toEqual({ duration: '15m' })
    expect(momentOf('deadline', '2026-01-31T09:00:00Z')).toEqual({ time: '2026-01-31T09:00:00Z' })
    expect(failureOf(() => momentOf('deadline', 'tomorrow')).message).toBe('--deadline cannot be "tomorrow"')
    expect(failureOf(() => momentOf('deadline', '2026-02-31T09:00:00Z')).exit).toBe(64)
  })
})

describe('the nearest word', () => {
  const words = ['up', 'down', 'status', 'peers', 'notify', 'events', 'thread', 'trace']

  it.each([
    ['statsu', 'status'],
    ['Status', 'status'],
    ['peer', 'peers'],
    ['notfiy', 'notify'],
    ['thr', 'thread'],
    ['trase', 'trace'],
    ['event', 'events'],
  ])('to %s is %s', (word, expected) => {
    expect(nearest(word, words)).toBe(expected)
  })

  it.each(['spawn', 'x', 'configuration', ''])('to %j is none', (word) => {
    expect(nearest(word, words)).toBeUndefined()
  })
})
