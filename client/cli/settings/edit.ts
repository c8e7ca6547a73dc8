import { conflictOf, SETTINGS, type Setting, type SettingKey, type SettingsFile, type SettingValue } from '../../../src/settings.ts'
import { readConfig, writeConfig } from '../../agents/install/config-file.ts'
import { InstallError } from '../../agents/install/install-error.ts'
import { type Json, parseDocument, propertiesOf } from '../../agents/install/json-document.ts'
import { freshDocument, insertItems } from '../../agents/install/json-insert.ts'
import { layoutOf } from '../../agents/install/json-layout.ts'
import { removeNodes } from '../../agents/install/json-remove.ts'
import { applySplices } from '../../agents/install/splices.ts'
import { projectFileIn } from '../../local/settings-file.ts'
import type { Environment } from '../environment.ts'
import { CliError, usageError } from '../failure.ts'
import { readFile, settingsPath } from './configured.ts'
import { resolve } from './resolved.ts'

export interface Edited {
  readonly path: string
  readonly changed: boolean
  /** What the file held before; `undefined` where it held nothing. */
  readonly was: unknown
}

/** What the files of settings may contain, for whoever reads them. */
const DIALECT = { comments: true, trailingCommas: true, byteOrderMark: false, duplicateKeys: true } as const

/** The file that holds, or is to hold, a setting. @throws CliError `usage` where that file may not */
export function fileFor(key: SettingKey, file: SettingsFile, environment: Environment): string {
  const { files, variable }: Setting = SETTINGS[key]
  if (files.length === 0) throw usageError(`${key} is kept in no file`, `Put it into ${variable}.`)
  if (!files.includes(file)) {
    const other = file === 'user' ? 'a project only: muster config set … --project' : 'this user only, without --project'
    throw usageError(`${key} is no setting of ${file === 'user' ? 'a user' : 'a project'}`, `It is one of ${other}.`)
  }
  return settingsPath(file, environment) ?? projectFileIn(environment.cwd())
}

/** @throws CliError `usage` where the settings of the daemon would contradict one another */
export function refuseConflict(key: SettingKey, value: SettingValue | undefined, environment: Environment): void {
  const { fallback }: Setting = SETTINGS[key]
  const wanted = (of: 'host' | 'trustedProxy'): unknown => (of === key ? (value ?? fallback) : resolve(of, environment).value)
  if (key !== 'host' && key !== 'trustedProxy') return
  const conflict = conflictOf({ host: String(wanted('host')), trustedProxy: wanted('trustedProxy') === true })
  if (conflict !== undefined) throw usageError('the daemon would refuse to start with this', conflict)
}

/**
 * Sets a value in a file, or takes it out (`undefined`). Everything else in the file keeps every byte, and it is replaced as a whole.
 *
 * @throws CliError `config_refused`, `config_changed`
 */
export async function editFile(path: string, key: SettingKey, value: SettingValue | undefined): Promise<Edited> {
  try {
    const before = await readConfig(path)
    const was = readFile(path)[key]
    const text = before?.text ?? ''
    const after = edited(path, text, key, value as Json | undefined)
    if (after === text) return { path, changed: false, was }
    await writeConfig(path, before, after)
    return { path, changed: true, was }
  } catch (error) {
    if (!(error instanceof InstallError)) throw error
    throw new CliError(error.code, error.message, { cause: error, ...(error.hint !== undefined && { hint: error.hint }) })
  }
}

function edited(path: string, text: string, key: SettingKey, value: Json | undefined): string {
  const { root } = parseDocument(path, text, DIALECT)
  const properties = propertiesOf(root, key)
  if (value === undefined) return applySplices(text, removeNodes(text, new Set(properties)))
  const layout = layoutOf(text, root)
  if (!root) return `${text}${text === '' || /[\r\n]$/.test(text) ? '' : layout.eol}${freshDocument({ [key]: value }, layout)}`
  // Of a key that is there twice the last counts.
  const held = properties.at(-1)?.children?.[1]
  if (held) return applySplices(text, [{ offset: held.offset, length: held.length, text: JSON.stringify(value) }])
  return applySplices(text, insertItems(text, root, [{ key, value }], layout))
}
