import { isDeepStrictEqual } from 'node:util'
import { expectedOf, SETTING_KEYS, SETTINGS, type Setting, type SettingKey, type SettingsFile, type SettingValue } from '../../../src/settings.ts'
import { readDaemonFile } from '../../local/daemon-file.ts'
import { isRunning } from '../../local/process-facts.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { editFile, fileFor, refuseConflict } from '../settings/edit.ts'
import { expectKey, expectValue, type Resolved, resolve, shownValue } from '../settings/resolved.ts'
import { safeLine } from '../text.ts'

const SHOW = { 'show-source': { type: 'boolean', summary: 'Say where each value comes from' } } as const
const PROJECT = { project: { type: 'boolean', summary: 'The .muster.json of this project instead of the file of this user' } } as const

export const command = family({
  name: 'config',
  about: [
    'Settings. What counts is, in this order: a flag, a MUSTER_ variable, the .muster.json of the project, the file of this user, the default.',
    'A value is checked before it is written; comments in the file stay. Where the daemon runs with the old value, it says so. Tokens are kept elsewhere and never shown.',
  ],
  actions: {
    list: { summary: 'All settings', words: [], flags: SHOW, run: list },
    get: { summary: 'One setting', words: ['key'], flags: SHOW, run: get },
    set: { summary: 'Change one', words: ['key', 'value'], flags: PROJECT, run: set },
    unset: { summary: 'Take one out of the file', words: ['key'], flags: PROJECT, run: unset },
  },
  fallback: 'list',
  examples: [
    ['muster config list --show-source', 'all, and who says so'],
    ['muster config get port', 'one'],
    ['muster config set logLevel debug', 'for the daemon, from its next start on'],
    ['muster config set as ann --project', 'commands in this project speak as ann'],
    ['muster config unset logLevel', 'back to the default'],
  ],
})

async function list({ flags, out, environment }: Invocation): Promise<number> {
  const settings = SETTING_KEYS.map((key) => resolve(key, environment))
  if (out.json) out.document({ settings: settings.map(documentOf) })
  else if (flags.on('show-source')) {
    out.table(
      ['SETTING', 'VALUE', 'FROM'],
      settings.map((one) => [one.key, shownValue(one), one.from ?? 'default']),
    )
  } else {
    out.table(
      ['SETTING', 'VALUE', 'WHAT IT IS'],
      settings.map((one) => [one.key, shownValue(one), SETTINGS[one.key].summary]),
    )
  }
  for (const { key, from, refusal } of settings) if (refusal !== null) out.problem(`${from}: ${key} is not accepted`, refusal)
  return settings.some(({ refusal }) => refusal !== null) ? EXIT.failure : EXIT.ok
}

async function get({ words, flags, out, environment }: Invocation): Promise<number> {
  const one = resolve(expectKey(words[0] ?? ''), environment)
  if (out.json) out.document(documentOf(one))
  else if (flags.on('show-source')) {
    const { summary, variable, flag }: Setting = SETTINGS[one.key]
    out.fields([
      [one.key, shownValue(one)],
      ['from', one.from ?? 'default'],
      ['what it is', summary],
      ['accepts', expectedOf(one.key)],
      ['variable', variable ?? null],
      ['flag', flag ?? null],
    ])
  } else out.line(safeLine(shownValue(one)))
  if (one.refusal === null) return EXIT.ok
  out.problem(`${one.from}: ${one.key} is not accepted`, one.refusal)
  return EXIT.failure
}

async function set(invocation: Invocation): Promise<number> {
  const { words, environment } = invocation
  const key = expectKey(words[0] ?? '')
  const path = fileFor(key, chosenFile(invocation), environment)
  const value = expectValue(key, words[1] ?? '')
  refuseConflict(key, value, environment)
  return await change(invocation, key, path, value)
}

async function unset(invocation: Invocation): Promise<number> {
  const { words, environment } = invocation
  const key = expectKey(words[0] ?? '')
  const path = fileFor(key, chosenFile(invocation), environment)
  refuseConflict(key, undefined, environment)
  return await change(invocation, key, path, undefined)
}

async function change(invocation: Invocation, key: SettingKey, path: string, value: SettingValue | undefined): Promise<number> {
  const { out, environment } = invocation
  const before = resolve(key, environment)
  const { changed, was } = await editFile(path, key, value)
  const now = resolve(key, environment)
  const restart = SETTINGS[key].of === 'daemon' && !isDeepStrictEqual(before.value, now.value) && isDaemonUp(invocation)
  if (out.json) {
    out.document({ key, changed, was: was ?? null, path, restart, ...documentOf(now) })
    return EXIT.ok
  }
  if (!changed) out.line(value === undefined ? `${key} is not set in ${path}.` : `${key} is ${shownValue({ key, value })} in ${path} already.`)
  else out.line(value === undefined ? `${key} is taken out of ${path}.` : `${key} is ${shownValue({ key, value })} in ${path}.`)
  if (!isDeepStrictEqual(now.value, value ?? SETTINGS[key].fallback))
    out.note(`What counts is ${safeLine(shownValue(now))}, from ${now.from ?? 'the default'}.`)
  if (restart) out.note('The daemon keeps what it was started with until: muster down && muster up')
  return EXIT.ok
}

function chosenFile({ flags, words }: Invocation): SettingsFile {
  if (flags.on('project')) return 'project'
  // What only a project has needs no flag to be found.
  const { files }: Setting = SETTINGS[expectKey(words[0] ?? '')]
  return files.length === 1 && files[0] === 'project' ? 'project' : 'user'
}

function isDaemonUp({ environment }: Invocation): boolean {
  const file = readDaemonFile(environment.paths)
  return file !== undefined && isRunning(file.pid)
}

function documentOf({ key, value, source, from }: Resolved): Readonly<Record<string, unknown>> {
  return { key, value, source, from, of: SETTINGS[key].of }
}
