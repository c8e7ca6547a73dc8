import { existsSync } from 'node:fs'
import { conflictOf } from '../../../src/listening.ts'
import { refusalIn, SETTINGS, type SettingsFile } from '../../../src/settings.ts'
import { readSettingsFile, SettingsFileError } from '../../local/settings-file.ts'
import { settingsPath } from '../settings/configured.ts'
import { plural } from '../text.ts'
import type { Check, Finding } from './check.ts'

/** The files of settings. With a user's file that is refused the next daemon does not start; the one that runs may not know of it. */
export const settingsCheck: Check = {
  async run({ environment }) {
    return (['user', 'project'] as const).map((file) => findingOf(file, settingsPath(file, environment)))
  },
}

function findingOf(file: SettingsFile, path: string | undefined): Finding {
  const about = { subject: 'settings', check: `${file} file` }
  if (path === undefined || !existsSync(path)) return { ...about, state: 'off', says: path === undefined ? 'this folder has none' : `no ${path}` }
  try {
    const held = readSettingsFile(path)
    const refusals = [
      ...Object.entries(held).flatMap(([key, value]) => lineOf(key, refusalIn(file, key, value))),
      ...(file === 'user' ? conflictsIn(held) : []),
    ]
    if (refusals.length === 0) return { ...about, state: 'ok', says: `${plural(Object.keys(held).length, 'setting')} in ${path}` }
    const hint = file === 'user' ? 'The daemon does not start with it: muster config set, or muster config unset.' : 'It is not heeded.'
    return { ...about, state: file === 'user' ? 'fail' : 'warn', says: `${path}: ${refusals.join('; ')}`, hint }
  } catch (error) {
    if (!(error instanceof SettingsFileError)) throw error
    return { ...about, state: 'fail', says: error.message, hint: 'Mend the file, or move it away.' }
  }
}

function lineOf(key: string, refusal: string | undefined): readonly string[] {
  return refusal === undefined ? [] : [`${key}: ${refusal}`]
}

function conflictsIn({ host, trustedProxy }: Readonly<Record<string, unknown>>): readonly string[] {
  const conflict = conflictOf({ host: typeof host === 'string' ? host : SETTINGS.host.fallback, trustedProxy: trustedProxy === true })
  return conflict === undefined ? [] : [conflict]
}
