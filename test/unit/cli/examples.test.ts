import { describe, expect, it } from 'vitest'
import { parseArguments } from '../../../client/cli/arguments.ts'
import type { Command } from '../../../client/cli/command.ts'
import { readBashLine } from '../../../client/cli/completion/shell-words.ts'
import { GLOBAL_FLAGS } from '../../../client/cli/flags.ts'
import { COMMANDS } from '../../../client/cli/registry.ts'

const commands = await Promise.all(Object.entries(COMMANDS).map(async ([name, { load }]) => [name, (await load()).command] as const))

/** The words behind `muster` in a line to copy, which may stand between pipes, redirections and variables. */
function wordsOf(line: string): readonly string[] | undefined {
  const [, rest] = /^(?:.*[\s(])?muster( .*|)$/.exec(line) ?? []
  const own = rest?.split(/ (?:[|<>]|&&) ?|\)"?$/)[0]
  return own === undefined ? undefined : readBashLine(`muster${own}`, '').words.filter((word, index, all) => word !== '' || index < all.length - 1)
}

/** The forms of a command as `--help` shows them, and those of its actions. */
function refusalOf(command: Command, args: readonly string[]): string | undefined {
  const { words, flags } = parseArguments(args, { ...GLOBAL_FLAGS, ...command.flags })
  if (!command.actions) return undefined
  const [word = 'list', ...given] = words
  const action = command.actions[word]
  if (!action) return `no ${word}`
  const foreign = flags.given.filter((flag) => !Object.hasOwn({ ...GLOBAL_FLAGS, ...action.flags }, flag))
  if (foreign.length > 0) return `--${foreign} is not of ${word}`
  const needed = action.words.filter((one) => !one.endsWith('?')).length
  return given.length < needed || given.length > action.words.length ? `${given.length} words` : undefined
}

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
