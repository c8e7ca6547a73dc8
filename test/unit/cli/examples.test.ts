import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../client/cli/registry.ts'
import { refusalOf, wordsOf } from '../../support/command-lines.ts'

const commands = await Promise.all(Object.entries(COMMANDS).map(async ([name, { load }]) => [name, (await load()).command] as const))

describe('the examples in help', () => {
  it.each(commands)('of %s are there, each for a line that the command accepts', (name, command) => {
    expect(command.examples.length).toBeGreaterThan(0)
    let ofThis = 0
    for (const [line, meaning] of command.examples) {
      expect(meaning, line).not.toBe('')
      const [first = '', ...args] = wordsOf(line) ?? []
      // `muster` alone is the overview.
      const other = commands.find(([listed]) => listed === (first === '' ? 'overview' : first))
      expect(other, line).toBeDefined()
      if (other?.[0] === name) ofThis += 1
      if (other) expect(refusalOf(other[1], args), line).toBeUndefined()
    }
    expect(ofThis).toBeGreaterThan(0)
  })

  it.each(commands)('of %s, and its use, tell no flag that it has not', (_name, command) => {
    const named = command.usage.flatMap((line) => [...line.matchAll(/--([a-z-]+)/g)].map(([, flag]) => flag ?? ''))
    for (const flag of named) expect(Object.keys(command.flags)).toContain(flag)
  })

  it('would fail for a line that does not', () => {
    const [, dead] = commands.find(([name]) => name === 'dead') as (typeof commands)[number]
    expect(refusalOf(dead, ['show'])).toBe('0 words')
    expect(refusalOf(dead, ['show', 'dlv_k7qm2x4', '--all'])).toBe('--all is not of show')
    expect(refusalOf(dead, ['list', 'x'])).toBe('1 words')
    expect(() => refusalOf(dead, ['--nope'])).toThrow()
    expect(wordsOf('git diff | muster notify bob - < x')).toEqual(['notify', 'bob', '-'])
  })
})
