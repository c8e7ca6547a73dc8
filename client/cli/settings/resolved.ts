import { isSettingKey, refusalOf, SETTING_KEYS, SETTINGS, type Setting, type SettingKey, type SettingValue, valueFrom } from '../../../src/settings.ts'
import type { Environment } from '../environment.ts'
import { usageError } from '../failure.ts'
import { nearest } from '../nearest.ts'
import { fileValue } from './configured.ts'

/** One setting as it counts now, and who says so. */
export interface Resolved {
  readonly key: SettingKey
  /** `null` where it is decided elsewhere, or is not to be shown. */
  readonly value: unknown
  readonly source: 'variable' | 'project' | 'user' | 'default'
  /** The variable or the file; `null` for a default. */
  readonly from: string | null
  /** What would be accepted instead; `null` where it is accepted. */
  readonly refusal: string | null
}

/** What stands for a secret that is set. */
const HIDDEN = '(set, not shown)'

/** The value that counts where no flag is given: variable, project's file, user's file, default. @throws CliError `config_refused` */
export function resolve(key: SettingKey, environment: Environment): Resolved {
  const { variable, fallback }: Setting = SETTINGS[key]
  const text = variable && environment.env[variable]
  if (text) return judged(key, valueFrom(key, text), 'variable', variable)
  const found = fileValue(key, environment)
  return found ? judged(key, found.value, found.source, found.path) : { key, value: fallback, source: 'default', from: null, refusal: null }
}

function judged(key: SettingKey, value: unknown, source: Resolved['source'], from: string): Resolved {
  return { key, value: isSecret(key, value) ? HIDDEN : value, source, from, refusal: refusalOf(key, value) ?? null }
}

/** A token, or an address that carries a password against the rules. */
function isSecret(key: SettingKey, value: unknown): boolean {
  const { secret }: Setting = SETTINGS[key]
  return secret === true || (key === 'url' && String(value).includes('@'))
}

/** How a value is printed; what it means where there is none. */
export function shownValue({ key, value }: Pick<Resolved, 'key' | 'value'>): string {
  const setting: Setting = SETTINGS[key]
  if (value === null || value === undefined) return 'otherwise' in setting && setting.otherwise !== undefined ? `(${setting.otherwise})` : '-'
  if (setting.kind === 'list' && Array.isArray(value)) return value.length === 0 ? '(none)' : value.join(',')
  if (Array.isArray(value) && value.length === 0) return '(none)'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** @throws CliError `usage`, with the nearest key */
export function expectKey(word: string): SettingKey {
  if (isSettingKey(word)) return word
  const near = nearest(word, SETTING_KEYS)
  throw usageError(`there is no setting "${word}"`, near ? `Did you mean ${near}?` : `Expected one of: ${SETTING_KEYS.join(', ')}.`)
}

/** @throws CliError `usage`, with what would be accepted */
export function expectValue(key: SettingKey, word: string): SettingValue {
  const value = valueFrom(key, word)
  const refusal = refusalOf(key, value)
  if (refusal !== undefined) throw usageError(`${key} cannot be ${isSecret(key, value) || SETTINGS[key].kind === 'json' ? 'this' : `"${word}"`}`, refusal)
  return value
}
