import { parseArgs } from 'node:util'
import { decodeId } from '../../src/ids.ts'
import { formatTime, parseDuration, parseTime } from '../../src/time.ts'
import { type CliError, usageError } from './failure.ts'
import type { Flag } from './flags.ts'
import { nearest } from './nearest.ts'

export interface Flags {
  /** The names of those that were given. */
  readonly given: readonly string[]
  readonly on: (name: string) => boolean
  readonly text: (name: string) => string | undefined
  /** A whole number within bounds. */
  readonly count: (name: string, bounds: { readonly min: number; readonly max: number }) => number | undefined
  /** `90s`, `15m`, `24h` in milliseconds. */
  readonly duration: (name: string) => number | undefined
  /** One of a few words. */
  readonly choice: <const T extends string>(name: string, choices: readonly T[]) => T | undefined
  /** Values separated by commas. */
  readonly list: (name: string) => readonly string[] | undefined
  /** Every value of a flag that repeats. */
  readonly all: (name: string) => readonly string[]
}

export interface ParsedArguments {
  readonly flags: Flags
  readonly words: readonly string[]
}

/**
 * Reads the arguments of one command.
 *
 * @throws CliError `usage` for an unknown flag (with the nearest one), a missing or a superfluous value.
 */
export function parseArguments(args: readonly string[], known: Readonly<Record<string, Flag>>): ParsedArguments {
  const optionOf = ({ type, short, repeats }: Flag) => ({ type, ...(short && { short }), ...(repeats && { multiple: true }) })
  const options = Object.fromEntries(Object.entries(known).map(([name, flag]) => [name, optionOf(flag)]))
  // Loosely first: a suggestion needs the name of the flag that strict parsing only mentions in a sentence.
  const loose = parseArgs({ args: [...args], options, strict: false, tokens: true, allowPositionals: true })
  for (const token of loose.tokens) {
    if (token.kind === 'option' && !Object.hasOwn(options, token.name)) throw unknownFlag(token.rawName, Object.keys(known))
  }
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, strict: true, allowPositionals: true })
    return { flags: flagsOf(values), words: positionals }
  } catch (error) {
    throw usageError(firstSentence(error), 'A value that begins with a dash needs "=": --flag=-value.')
  }
}

/** Checks how many words a command got. `names` are those it takes: an optional one ends with `?`, the last with `…` where it stands for any number. */
export function expectWords(words: readonly string[], names: readonly string[], usage: string): void {
  const missing = names.find((name, index) => !/[?…]$/.test(name) && words[index] === undefined)
  if (missing !== undefined) throw usageError(`<${missing}> is missing`, `Use: muster ${usage}`)
  if (names.at(-1)?.endsWith('…')) return
  const extra = words[names.length]
  if (extra !== undefined) throw usageError(`unexpected argument "${extra}"`, `Text of several words goes in quotes. Use: muster ${usage}`)
}

/** What each kind of id that a command takes looks like. */
const ID_EXAMPLES = {
  thread: 'thr_k7qm2x1',
  message: 'msg_k7qm2x4',
  delivery: 'dlv_k7qm2x4',
  attachment: 'att_k7qm2x4',
  artifact: 'art_k7qm2x4',
  fan: 'fan_k7qm2x1',
  schedule: 'sch_k7qm2x4',
  review: 'rvw_k7qm2x4',
  watchdog: 'wdg_k7qm2x1',
  channel: 'chn_k7qm2x1',
  credential: 'crd_k7qm2x4',
  decision: 'dec_k7qm2x1',
  approval: 'apv_k7qm2x1',
} as const

/** Checks that a word is an id of one of these kinds; whether there is such a thing, the daemon knows. */
export function expectId(word: string, kinds: readonly (keyof typeof ID_EXAMPLES)[]): string {
  const kind = decodeId(word)?.kind
  if (kinds.some((wanted) => wanted === kind)) return word
  throw usageError(`"${word}" is no id of a ${kinds.join(', ')}`, `Expected one like ${kinds.map((wanted) => ID_EXAMPLES[wanted]).join(' or ')}.`)
}

function unknownFlag(rawName: string, names: readonly string[]): CliError {
  const near = rawName.startsWith('--') ? nearest(rawName.slice(2), names) : undefined
  if (near) return usageError(`unknown flag ${rawName}`, `Did you mean --${near}?`)
  if (/^-[^A-Za-z]/.test(rawName) && !rawName.startsWith('--')) {
    return usageError(`an argument begins with a dash`, 'Put -- before a text that begins with a dash, or use --file or stdin.')
  }
  return usageError(`unknown flag ${rawName}`, 'Put -- before a text that begins with a dash; --help lists the flags.')
}

function flagsOf(values: Readonly<Record<string, unknown>>): Flags {
  const text = (name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined)
  return {
    given: Object.keys(values),
    on: (name) => values[name] === true,
    text,
    count(name, { min, max }) {
      const given = text(name)
      if (given === undefined) return undefined
      const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
      if (!(value >= min && value <= max)) throw usageError(`--${name} cannot be "${given}"`, `Expected a whole number from ${min} to ${max}.`)
      return value
    },
    duration(name) {
      const given = text(name)
      if (given === undefined) return undefined
      const ms = parseDuration(given)
      if (ms === undefined) throw usageError(`--${name} cannot be "${given}"`, 'Expected a duration like 90s, 15m or 24h.')
      return ms
    },
    choice(name, choices) {
      const given = text(name)
      if (given === undefined) return undefined
      const chosen = choices.find((choice) => choice === given)
      if (chosen === undefined) throw usageError(`--${name} cannot be "${given}"`, `Expected one of: ${choices.join(', ')}.`)
      return chosen
    },
    all: (name) => (Array.isArray(values[name]) ? (values[name] as string[]) : []),
    list: (name) =>
      text(name)
        ?.split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
  }
}

/** A deadline or an expiry as people write it: a duration from now, or an RFC 3339 time. */
export function momentOf(name: string, given: string): { readonly duration: string } | { readonly time: string } {
  if (parseDuration(given) !== undefined) return { duration: given }
  if (parseTime(given) !== undefined) return { time: given }
  throw usageError(`--${name} cannot be "${given}"`, 'Expected a duration like 15m or 24h, or a time like 2026-01-31T09:00:00Z.')
}

/** A time in the past as people write it, as RFC 3339: a duration before now, or a time. */
export function pastTime(name: string, given: string | undefined, nowMs: number): string | undefined {
  if (given === undefined) return undefined
  const moment = momentOf(name, given)
  return 'time' in moment ? moment.time : formatTime(nowMs - (parseDuration(moment.duration) as number))
}

/** Node's messages continue with advice about `--` that is ours to give. */
function firstSentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return (message.split(/\.\s|\n/, 1)[0] ?? message).replace(/\.$/, '')
}
