import { existsSync, realpathSync } from 'node:fs'
import { isAbsolute, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Json } from './json-document.ts'
import type { Ownership } from './json-places.ts'
import { findProgram } from './programs.ts'

/** How a runtime calls this Muster. */
export interface MusterCommand {
  /** The program and its first arguments, to which a command is added. */
  readonly argv: readonly string[]
  /** Where this Muster keeps its files, where that is not the default: runtimes start programs with few of a person's variables. */
  readonly env: Readonly<Record<string, string>>
}

/** `npx` and `npm run` put these on the PATH for the time of one command. */
const PASSING_FOLDERS = new RegExp(`\\${sep}(node_modules\\${sep}\\.bin|node-gyp-bin)\\${sep}?$`)
const PLAIN_WORD = /^[\w@%+=:,./-]+$/
/** `muster`, or the file that it is, followed by what the entries of an installation begin with. */
const MUSTER = /(?:^|[\s/'"])(?:muster|client\/cli\/main\.[jt]s)['"]?/.source
const HOOK_COMMAND = new RegExp(`${MUSTER}\\s+(?:hook\\s+[a-z][a-z-]*\\s+[a-z]|wait\\s+--runtime\\s)`)
const SERVER_COMMAND = new RegExp(`${MUSTER}\\s+mcp\\s+--runtime\\s`)

/** `muster` where the PATH leads to this installation; otherwise its node and its file, which need no PATH. */
export function musterCommand(env: Readonly<Record<string, string | undefined>>): MusterCommand {
  const compiled = import.meta.url.endsWith('.js')
  const main = fileURLToPath(new URL(`../../cli/main.${compiled ? 'js' : 'ts'}`, import.meta.url))
  const onPath = findProgram('muster', env, (folder) => !PASSING_FOLDERS.test(folder))
  const isThis = onPath !== undefined && realpathSync(onPath) === realpathSync(main)
  const direct = compiled ? [process.execPath, main] : [process.execPath, '--import', import.meta.resolve('tsx'), main]
  return { argv: isThis ? ['muster'] : direct, env: placesOf(env) }
}

/** A line for a POSIX shell. */
export function shellLine({ argv, env }: MusterCommand, ...words: string[]): string {
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${quoted(value)}`)
  return [...assignments, ...[...argv, ...words].map(quoted)].join(' ')
}

/** Entries of any version of Muster, wherever it was. */
export const MUSTERS_OWN: Ownership = {
  isHookCommand: (command) => HOOK_COMMAND.test(command),
  serverCommand(value) {
    const line = serverLine(value)
    return line !== undefined && SERVER_COMMAND.test(line) ? line : undefined
  },
}

/** The files that a command line names and that are not there. */
export function missingFiles(command: string): string[] {
  const words = command.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? []
  const paths = words.map((word) => word.replace(/^['"]|['"]$/g, '')).map((word) => (word.startsWith('file://') ? fileURLToPath(word) : word))
  return paths.filter((path) => isAbsolute(path) && !existsSync(path))
}

/** The command line of an MCP server: a program with arguments, or (OpenCode) both in one list. */
function serverLine(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { command, args } = value as { readonly command?: Json; readonly args?: Json }
  const words = [command ?? [], args ?? []].flat()
  return words.length > 0 && words.every((word): word is string => typeof word === 'string') ? words.map(quoted).join(' ') : undefined
}

function placesOf(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const { MUSTER_HOME: home, XDG_STATE_HOME: state } = env
  if (home) return { MUSTER_HOME: home }
  return state?.startsWith('/') ? { XDG_STATE_HOME: state } : {}
}

function quoted(word: string): string {
  return PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
