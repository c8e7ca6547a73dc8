import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The names inside a backup. */
export const MANIFEST = 'manifest.json'
export const DATABASE = 'muster.db'
export const ARTIFACTS = 'artifacts'

interface Digested {
  readonly bytes: number
  readonly sha256: string
}

/** What a backup is, written last: a folder without it is none. */
export interface Manifest {
  readonly v: 1
  readonly kind: 'muster-backup'
  readonly createdAt: string
  /** The version of Muster that made it. */
  readonly version: string
  readonly node: string
  readonly incarnation: string
  readonly schema: number
  readonly database: Digested
  /** Their paths inside the folder of artifacts. */
  readonly artifacts: readonly (Digested & { readonly path: string })[]
}

export type BackupErrorCode = 'no_backup' | 'backup_damaged' | 'newer_schema' | 'refused'

/** A backup that cannot be used, or a place where none may be written. The message says what is wrong, the hint what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError'
  readonly code: BackupErrorCode
  readonly hint: string

  constructor(code: BackupErrorCode, message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

/**
 * Reads what a backup says of itself; its files are not looked at.
 *
 * @throws BackupError `no_backup` or `backup_damaged`
 */
export function readManifest(folder: string): Manifest {
  const file = join(folder, MANIFEST)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new BackupError('no_backup', `${folder} is no backup: it holds no ${MANIFEST}.`, 'muster backup <folder> makes one.')
    }
    throw error
  }
  const said = jsonOf(text)
  if (isManifest(said)) return said
  throw new BackupError('backup_damaged', `${file} is not what a backup says of itself.`, 'Use another backup.')
}

/** Whether a folder is a backup of Muster, and so may be removed in favour of a newer one. */
export function isBackup(folder: string): boolean {
  try {
    readManifest(folder)
    return true
  } catch {
    return false
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Checked by hand: the schema library would be a part of every start, as a daemon looks after its backups. */
function isManifest(said: unknown): said is Manifest {
  const { v, kind, schema, database, artifacts, ...texts } = fieldsOf(said)
  if (v !== 1 || kind !== 'muster-backup' || !isCount(schema) || !isDigested(database) || !Array.isArray(artifacts)) return false
  if (!['createdAt', 'version', 'node', 'incarnation'].every((field) => typeof texts[field] === 'string')) return false
  return artifacts.every((file) => isDigested(file) && isInside(fieldsOf(file)['path']))
}

function isDigested(said: unknown): boolean {
  const { bytes, sha256 } = fieldsOf(said)
  return isCount(bytes) && typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256)
}

/** Inside the folder of artifacts, never out of it. */
function isInside(path: unknown): boolean {
  return typeof path === 'string' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
}

function isCount(said: unknown): boolean {
  return Number.isSafeInteger(said) && (said as number) >= 0
}

function fieldsOf(said: unknown): Readonly<Record<string, unknown>> {
  return typeof said === 'object' && said !== null ? (said as Readonly<Record<string, unknown>>) : {}
}
