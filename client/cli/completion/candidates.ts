import { readdirSync } from 'node:fs'
import { SETTING_KEYS, SETTINGS, type Setting } from '../../../src/settings.ts'
import { shippedFolder } from '../../content/shipped.ts'
import type { Action, Command } from '../command.ts'
import { type Flag, GLOBAL_FLAGS } from '../flags.ts'
import { COMMANDS } from '../registry.ts'
import { type Candidate, LIVE_KINDS, type LiveKind } from './candidate.ts'
import { readLine } from './line.ts'
import { type Place, placeIn } from './places.ts'

export interface Wanted {
  readonly candidates: readonly Candidate[]
  /** Names that only the daemon knows. */
  readonly live: readonly LiveKind[]
  /** The shell knows files better. */
  readonly files: boolean
  /** Stands before each candidate: `--circle=`. */
  readonly lead: string
  /** The values of flags typed before, which may say where to look. */
  readonly values: Readonly<Record<string, string>>
}

const NOTHING: Wanted = { candidates: [], live: [], files: false, lead: '', values: {} }
/** The kinds of things by the names that use lines and flags give them. */
const KIND_OF: Readonly<Record<string, LiveKind>> = {
  peer: 'peer',
  to: 'peer',
  'other peer': 'peer',
  address: 'peer',
  thread: 'thread',
  circle: 'circle',
  'dead letter': 'dead letter',
  watchdog: 'watchdog',
  card: 'card',
  approval: 'approval',
  source: 'source',
}
/** Commands that end an ask. */
const CLOSING: ReadonlySet<string> = new Set(['answer', 'decline'])
const FILES: ReadonlySet<string> = new Set(['path', 'file', 'folder'])

/** What could stand in place of the last word. `words` are those behind `muster`. */
export async function wantedAt(words: readonly string[]): Promise<Wanted> {
  const [name = '', ...rest] = words
  if (words.length <= 1 || (name === 'help' && words.length === 2)) return { ...NOTHING, candidates: commands() }
  const command = Object.hasOwn(COMMANDS, name) ? (await COMMANDS[name]?.load())?.command : undefined
  if (!command) return NOTHING
  const current = rest.at(-1) ?? ''
  const line = readLine(rest.slice(0, -1), command)
  const { values, pending } = line
  if (pending !== undefined) return { ...flagValue(command, pending), values }
  const [lead, flag = ''] = /^--([^=]+)=/.exec(current) ?? []
  if (lead !== undefined && !line.flagsEnded) return { ...flagValue(command, flag), lead, values }
  const action = command.actions?.[line.words[0] ?? '']
  if (current.startsWith('-') && !line.flagsEnded) return { ...NOTHING, candidates: flagsOf(command, action) }
  const wanted = atPlace(command, action, line.words)
  return { ...wanted, live: wanted.live.map((kind) => (kind === 'thread' && CLOSING.has(name) ? 'owed thread' : kind)), values }
}

function atPlace(command: Command, action: Action | undefined, words: readonly string[]): Wanted {
  if (command.actions && words.length === 0) {
    return { ...NOTHING, candidates: Object.entries(command.actions).map(([value, { summary }]) => ({ value, says: summary })) }
  }
  if (!command.actions) return ofPlace(placeIn(command.usage, words.length))
  const names = action?.words ?? []
  const kind = (names[words.length - 1] ?? names.findLast((name) => name.endsWith('…')))?.replace(/[?…]$/, '')
  if (kind === 'value') return literals(valuesOfSetting(words[1] ?? ''))
  return ofPlace({ literals: [], kinds: kind?.split(' or ') ?? [] })
}

function ofPlace({ literals: fixed, kinds }: Place): Wanted {
  const live = kinds.flatMap((kind) => (Object.hasOwn(KIND_OF, kind) ? [KIND_OF[kind] as LiveKind] : []))
  const keys = kinds.includes('key') ? SETTING_KEYS.map((value) => ({ value, says: SETTINGS[value].summary })) : []
  const names = kinds.includes('command') ? commands() : []
  const shipped = (['persona', 'skill'] as const).filter((kind) => kinds.includes(kind)).flatMap(shippedNames)
  return {
    ...NOTHING,
    candidates: [...literals(fixed).candidates, ...keys, ...names, ...shipped],
    live: LIVE_KINDS.filter((kind) => live.includes(kind)),
    files: kinds.some((kind) => FILES.has(kind)),
  }
}

function flagValue(command: Command, name: string): Wanted {
  const flags: Readonly<Record<string, Flag>> = { ...GLOBAL_FLAGS, ...command.flags }
  const flag = flags[name]
  if (flag?.values) return literals(flag.values)
  return name === 'as' ? ofPlace({ literals: [], kinds: ['peer'] }) : ofPlace({ literals: [], kinds: flag?.value === undefined ? [] : [flag.value] })
}

function flagsOf(command: Command, action: Action | undefined): Candidate[] {
  const flags = { ...(action ? action.flags : command.flags), ...GLOBAL_FLAGS }
  return Object.entries(flags).map(([name, { summary }]) => ({ value: `--${name}`, says: summary }))
}

function literals(values: readonly string[]): Wanted {
  return { ...NOTHING, candidates: values.map((value) => ({ value, says: '' })) }
}

function commands(): Candidate[] {
  const listed = Object.entries(COMMANDS).map(([value, { summary }]) => ({ value, says: summary }))
  return [...listed, { value: 'help', says: 'The commands, or one of them' }]
}

/** A person's own personas are left out: finding them would mean to read and judge files at each key. */
function shippedNames(kind: 'persona' | 'skill'): readonly Candidate[] {
  try {
    return readdirSync(shippedFolder(`${kind}s`)).map((value) => ({ value, says: '' }))
  } catch {
    return []
  }
}

function valuesOfSetting(key: string): readonly string[] {
  const setting: Setting | undefined = Object.hasOwn(SETTINGS, key) ? SETTINGS[key as keyof typeof SETTINGS] : undefined
  if (setting?.kind === 'switch') return ['true', 'false']
  return setting?.kind === 'choice' ? setting.choices : []
}
