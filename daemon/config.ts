import { readFileSync } from 'node:fs'
import { homedir, hostname } from 'node:os'
import { type ParseError, parse, printParseErrorCode } from 'jsonc-parser'
import { conflictOf } from '../src/listening.ts'
import { type MusterPaths, musterPaths } from '../src/paths.ts'
import { type DaemonSettings, refusalIn, refusalOf, SETTING_KEYS, SETTINGS, type Setting, type SettingKey, valueFrom } from '../src/settings.ts'
import { environmentOfServices } from './services/environment.ts'

export interface Config extends DaemonSettings {
  readonly paths: MusterPaths
  /** The part of the environment that the daemon's services may get. */
  readonly environment: Readonly<Record<string, string>>
  /** Any variable, by a name that a source of events gives. */
  readonly variable: (name: string) => string | undefined
}

type Env = Readonly<Record<string, string | undefined>>

/** A setting that cannot be used; the message names where it came from. The process ends with 78 (EX_CONFIG). */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
}

/**
 * The configuration: environment over the user's file over defaults. What may be set is in src/settings.ts.
 *
 * @throws ConfigError
 */
export function loadConfig(env: Env = process.env, homeDir: string = homedir()): Config {
  const paths = musterPaths(env, homeDir)
  const given = readConfigFile(paths.config)
  const entries = SETTING_KEYS.filter((key) => SETTINGS[key].of === 'daemon').map((key) => [key, settingOf(key, env, given)])
  const settings = Object.fromEntries(entries) as DaemonSettings
  const conflict = conflictOf(settings)
  if (conflict !== undefined) throw new ConfigError(conflict)
  return { ...settings, paths, environment: environmentOfServices(env, settings), variable: (name) => env[name] }
}

function settingOf(key: SettingKey, env: Env, given: Readonly<Record<string, unknown>>): unknown {
  const { variable, fallback }: Setting = SETTINGS[key]
  const text = variable && env[variable]
  if (text) {
    const value = valueFrom(key, text)
    const refusal = refusalOf(key, value)
    if (refusal !== undefined) throw new ConfigError(`${variable}: ${refusal}`)
    return value
  }
  return given[key] ?? fallback ?? defaultNode()
}

/** The file's settings, all of them accepted, also those that others than the daemon read. Comments may stand in it. */
function readConfigFile(path: string): Readonly<Record<string, unknown>> {
  const text = readText(path)
  if (text === undefined) return {}
  const errors: ParseError[] = []
  const value: unknown = parse(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first) throw new ConfigError(`${path} is not JSON: ${printParseErrorCode(first.error)} in line ${text.slice(0, first.offset).split('\n').length}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ConfigError(`${path} must hold one JSON object`)
  for (const [key, of] of Object.entries(value)) {
    const refusal = refusalIn('user', key, of)
    if (refusal !== undefined) throw new ConfigError(`${path}: ${key}: ${refusal}`)
  }
  return value as Readonly<Record<string, unknown>>
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

function defaultNode(): string {
  const name = (hostname().split('.')[0] ?? '').replace(/[^A-Za-z0-9._-]/g, '').slice(0, 32)
  return /^[A-Za-z0-9].*[A-Za-z0-9]$/.test(name) ? name : 'node'
}
