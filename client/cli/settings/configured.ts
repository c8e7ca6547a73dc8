import { refusalOf, SETTINGS, type Setting, type SettingKey, type SettingsFile } from '../../../src/settings.ts'
import { findProjectFile, readSettingsFile, SettingsFileError } from '../../local/settings-file.ts'
import type { Environment } from '../environment.ts'
import { CliError } from '../failure.ts'

/** A value that a file holds. */
export interface FileValue {
  readonly value: unknown
  readonly source: SettingsFile
  readonly path: string
}

type Place = Pick<Environment, 'paths' | 'cwd'>

/** The settings file of this user or of this project; `undefined` for a project without one. */
export function settingsPath(file: SettingsFile, { paths, cwd }: Place): string | undefined {
  return file === 'user' ? paths.config : findProjectFile(cwd())
}

/** What the files say of a setting, the project's before the user's; whether it is accepted is not looked at. @throws CliError `config_refused` */
export function fileValue(key: SettingKey, place: Place): FileValue | undefined {
  const { files }: Setting = SETTINGS[key]
  for (const source of files) {
    const path = settingsPath(source, place)
    const value = path === undefined ? undefined : readFile(path)[key]
    if (path !== undefined && value !== undefined) return { value, source, path }
  }
  return undefined
}

/** What a file sets for the commands. @throws CliError `config_refused` where it cannot be used */
export function configured(key: 'url' | 'as', place: Place): string | undefined {
  const found = fileValue(key, place)
  if (found === undefined) return undefined
  const refusal = refusalOf(key, found.value)
  if (refusal === undefined) return String(found.value)
  const project = found.source === 'project' ? ' --project' : ''
  throw new CliError('config_refused', `${found.path}: ${key} is not accepted`, {
    hint: `${refusal} To change it: muster config set ${key} <value>${project}`,
  })
}

export function readFile(path: string): Readonly<Record<string, unknown>> {
  try {
    return readSettingsFile(path)
  } catch (error) {
    if (!(error instanceof SettingsFileError)) throw error
    throw new CliError('config_refused', error.message, { hint: 'Mend the file, or move it away.', cause: error })
  }
}
