import { expectWords } from './arguments.ts'
import type { Action, Command, Invocation } from './command.ts'
import { usageError } from './failure.ts'
import { type Flag, GLOBAL_FLAGS } from './flags.ts'
import { nearest } from './nearest.ts'

export interface Family extends Pick<Command, 'about' | 'examples'> {
  readonly name: string
  readonly actions: Readonly<Record<string, Action>>
  /** What the command does without a word; needs one where this is left out. */
  readonly fallback?: string
  /** Advice for a word that is no action and near to none. */
  readonly advice?: (word: string) => string
}

/** A use line shows so many flags; of more it says that there are some, and help lists them. */
const SHOWN_FLAGS = 3

/** A command that has several things to do. Its use, its flags and what is refused derive from the table of its actions. */
export function family({ name, about, examples, actions, fallback, advice }: Family): Command {
  const usage = Object.entries(actions).map(([word, action]) => useOf(name, word === fallback && takesNoWord(action) ? `[${word}]` : word, action))
  const flags = Object.assign({}, ...Object.values(actions).map((action) => action.flags)) as Readonly<Record<string, Flag>>
  return {
    usage,
    about,
    flags,
    examples,
    actions,
    async run(invocation) {
      const word = invocation.words[0] ?? fallback
      const action = word !== undefined && Object.hasOwn(actions, word) ? actions[word] : undefined
      if (word === undefined || !action) throw noSuchAction(name, word, Object.keys(actions), advice)
      const rest = { ...invocation, words: invocation.words.slice(1) }
      check(rest, action, useOf(name, word, action))
      return await action.run(rest)
    },
  }
}

/** `dead replay [<dead letter>] [--from <peer>]`. */
function useOf(name: string, word: string, { words, flags = {} }: Action): string {
  const shown = Object.entries(flags)
  const options = shown.length > SHOWN_FLAGS ? ['[flags]'] : shown.map(([flag, { value }]) => (value === undefined ? `[--${flag}]` : `[--${flag} <${value}>]`))
  return [name, word, ...words.map(wordInUse), ...options].join(' ')
}

function wordInUse(word: string): string {
  const name = word.replace(/[?…]$/, '')
  if (word.endsWith('…')) return `[<${name}>…]`
  return word.endsWith('?') ? `[<${name}>]` : `<${name}>`
}

function check({ words, flags }: Invocation, action: Action, use: string): void {
  const foreign = flags.given.find((flag) => !Object.hasOwn(action.flags ?? {}, flag) && !Object.hasOwn(GLOBAL_FLAGS, flag))
  if (foreign !== undefined) throw usageError(`--${foreign} does not go with this`, `Use: muster ${use}`)
  expectWords(words, action.words, use)
}

function noSuchAction(name: string, word: string | undefined, known: readonly string[], advice: Family['advice']): Error {
  const listed = `Expected one of: ${known.join(', ')}.`
  if (word === undefined) return usageError(`muster ${name} needs to be told what to do`, listed)
  const near = nearest(word, known)
  return usageError(`muster ${name} has no "${word}"`, near ? `Did you mean muster ${name} ${near}?` : (advice?.(word) ?? listed))
}

function takesNoWord({ words }: Action): boolean {
  return words.every((word) => /[?…]$/.test(word))
}
