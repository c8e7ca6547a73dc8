import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { LIMITS } from '../../src/limits.ts'
import type { Flags } from './arguments.ts'
import type { Environment } from './environment.ts'
import { usageError } from './failure.ts'

/** The pattern of `Name` in src/contract/common.ts, which the CLI does not load: zod costs more than a whole command. */
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
const LIKE_AN_ID = /^[a-z]+_[0-9a-hjkmnp-tv-z]{7,}$/

/** The peer that was asked for by `--as` or MUSTER_AS; `undefined` where neither says. */
export function chosenName(flags: Flags, { env }: Environment): string | undefined {
  const flag = flags.text('as')
  const name = flag ?? (env['MUSTER_AS'] || undefined)
  if (name !== undefined && !isName(name)) {
    throw usageError(
      `${flag === undefined ? 'MUSTER_AS' : '--as'} cannot be "${name}"`,
      'Expected letters, digits, ".", "_" or "-", beginning and ending with a letter or a digit.',
    )
  }
  return name
}

export function isName(name: string): boolean {
  return name.length <= LIMITS.maxNameChars && NAME.test(name) && !LIKE_AN_ID.test(name)
}

/** `cli-<user>`, with whatever a name may not contain replaced. */
export function defaultName(userName: string): string {
  const user = userName
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(0, LIMITS.maxNameChars - 'cli-'.length)
    .replace(/[^a-z0-9]+$/, '')
  return user === '' ? 'cli' : `cli-${user}`
}

/** `undefined` where there is no such file, or none that this user may read. */
export function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    // A missing credential is reported by whoever needs it, with the way to get one.
    return undefined
  }
}

/** Written beside and renamed, so that another process never reads half of it. */
export function writePrivateFile(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  try {
    writeFileSync(draft, `${text}\n`, { mode: 0o600, flag: 'wx' })
    renameSync(draft, path)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
