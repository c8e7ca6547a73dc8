import { parseArguments } from './arguments.ts'
import type { Command } from './command.ts'
import type { Environment } from './environment.ts'
import { EXIT } from './exit-codes.ts'
import { type CliError, usageError } from './failure.ts'
import { GLOBAL_FLAGS } from './flags.ts'
import { nearest } from './nearest.ts'
import { createOutput } from './output.ts'
import { COMMANDS } from './registry.ts'

/** Runs one command line and resolves to its exit status. Never rejects. */
export async function run(args: readonly string[], environment: Environment): Promise<number> {
  // Asked before the arguments are read, so that a usage error keeps to the form that was asked for.
  const out = createOutput(environment, beforeTerminator(args).includes('--json'))
  try {
    const [word, ...rest] = isWithoutCommand(args) ? ['overview', ...args] : args
    if (word === undefined || word === 'help' || word === '--help' || word === '-h') return await help(rest[0], environment)
    if (word === '--version' || word === '-V' || word === 'version') return await version(out)
    if (word === 'complete') return await complete(rest, environment)
    const { command } = await listed(word).load()
    const { flags, words } = parseArguments(rest, { ...GLOBAL_FLAGS, ...command.flags })
    if (flags.on('help')) return await help(word, environment)
    return await command.run({ flags, words, out, environment })
  } catch (error) {
    return out.failure(error)
  }
}

/** `muster`, `muster --json`, `muster --as bob`: flags of everywhere and nothing else. */
function isWithoutCommand(args: readonly string[]): boolean {
  if (args.length === 0) return true
  if (args[0]?.startsWith('-') !== true) return false
  try {
    const { flags, words } = parseArguments(args, GLOBAL_FLAGS)
    return words.length === 0 && !flags.on('help')
  } catch {
    // What is wrong with it is said of the whole line.
    return false
  }
}

/** What the shells call for completion: no command for people, so it is listed nowhere. */
async function complete(words: readonly string[], environment: Environment): Promise<number> {
  const { answerShell } = await import('./completion/answer.ts')
  return await answerShell(words, environment)
}

async function help(word: string | undefined, environment: Environment): Promise<number> {
  const out = createOutput(environment, false)
  const { mainHelp, commandHelp } = await import('./usage.ts')
  const command: Command | undefined = word === undefined || word.startsWith('-') ? undefined : (await listed(word).load()).command
  const style = { bold: out.bold, columns: out.columns }
  out.line(command ? commandHelp(command, style) : mainHelp(style))
  return EXIT.ok
}

async function version(out: ReturnType<typeof createOutput>): Promise<number> {
  const { cliVersion } = await import('./version.ts')
  if (out.json) out.document({ version: cliVersion() })
  else out.line(`muster ${cliVersion()}`)
  return EXIT.ok
}

function listed(word: string) {
  const found = Object.hasOwn(COMMANDS, word) ? COMMANDS[word] : undefined
  if (!found) throw unknownCommand(word)
  return found
}

function unknownCommand(word: string): CliError {
  if (word.startsWith('-')) return usageError(`unknown flag ${word}`, 'The command comes first: muster <command> [flags].')
  const near = nearest(word, Object.keys(COMMANDS))
  return usageError(`there is no command "${word}"`, near ? `Did you mean muster ${near}?` : 'muster help lists the commands.')
}

function beforeTerminator(args: readonly string[]): readonly string[] {
  const end = args.indexOf('--')
  return end === -1 ? args : args.slice(0, end)
}
