import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { parse as Parse, ParseError } from 'jsonc-parser'

/** A settings file that cannot be read. */
export class SettingsFileError extends Error {
  override readonly name = 'SettingsFileError'
}

const PROJECT_FILE = '.muster.json'
/** Deeper than projects nest. */
const MAX_FOLDERS = 40

export function projectFileIn(folder: string): string {
  return join(folder, PROJECT_FILE)
}

/** The `.muster.json` of the nearest folder that has one, from this one upwards. */
export function findProjectFile(cwd: string): string | undefined {
  return projectFiles(cwd).next().value
}

/** Those of all folders upwards, the nearest first. */
export function* projectFiles(cwd: string): Generator<string, undefined> {
  let folder = cwd
  for (let depth = 0; depth < MAX_FOLDERS; depth++) {
    const path = projectFileIn(folder)
    if (existsSync(path)) yield path
    const parent = dirname(folder)
    if (parent === folder) return
    folder = parent
  }
}

/**
 * What a settings file holds; empty where there is none. Comments and trailing commas may stand in it.
 *
 * @throws SettingsFileError
 */
export function readSettingsFile(path: string): Readonly<Record<string, unknown>> {
  const text = readText(path)
  if (text === undefined || text.trim() === '') return {}
  const value = parseSettings(path, text)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Readonly<Record<string, unknown>>
  throw new SettingsFileError(`${path} must hold one JSON object`)
}

function parseSettings(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Only a file with comments needs more, and every command comes by here.
    const { parse } = createRequire(import.meta.url)('jsonc-parser') as { parse: typeof Parse }
    const errors: ParseError[] = []
    const value: unknown = parse(text, errors, { allowTrailingComma: true })
    const [first] = errors
    if (first) throw new SettingsFileError(`${path} is not JSON: see line ${text.slice(0, first.offset).split('\n').length}`)
    return value
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return undefined
    throw new SettingsFileError(`${path} cannot be read (${code})`)
  }
}
