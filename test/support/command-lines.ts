import { parseArguments } from '../../client/cli/arguments.ts'
import type { Command } from '../../client/cli/command.ts'
import { readBashLine } from '../../client/cli/completion/shell-words.ts'
import { GLOBAL_FLAGS } from '../../client/cli/flags.ts'

/** The words behind `muster` in a line to copy, which may stand between pipes, redirections and variables. */
export function wordsOf(line: string): readonly string[] | undefined {
  const [, rest] = /^(?:.*[\s(])?muster( .*|)$/.exec(line) ?? []
  const own = rest?.split(/ (?:[|<>]|&&) ?|\)"?$/)[0]
  return own === undefined ? undefined : readBashLine(`muster${own}`, '').words.filter((word, index, all) => word !== '' || index < all.length - 1)
}

/** Why a command does not take these arguments; `undefined` where it does. */
export function refusalOf(command: Command, args: readonly string[]): string | undefined {
  const { words, flags } = parseArguments(args, { ...GLOBAL_FLAGS, ...command.flags })
  if (!command.actions) return undefined
  const [word = 'list', ...given] = words
  const action = command.actions[word]
  if (!action) return `no ${word}`
  const foreign = flags.given.filter((flag) => !Object.hasOwn({ ...GLOBAL_FLAGS, ...action.flags }, flag))
  if (foreign.length > 0) return `--${foreign} is not of ${word}`
  const needed = action.words.filter((one) => !/[?…]$/.test(one)).length
  const most = action.words.at(-1)?.endsWith('…') ? given.length : action.words.length
  return given.length < needed || given.length > most ? `${given.length} words` : undefined
}
