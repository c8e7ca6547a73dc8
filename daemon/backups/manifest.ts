import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

/** The names inside a backup. */
export const MANIFEST = 'manifest.json'
export const DATABASE = 'muster.db'
export const ARTIFACTS = 'artifacts'

const Sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const Bytes = z.int().min(0)
/** Inside the folder of artifacts, never out of it. */
const ArtifactPath = z.string().refine((path) => path !== '' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'))

/** What a backup is, written last: a folder without it is none. */
const Manifest = z.object({
  v: z.literal(1),
  kind: z.literal('muster-backup'),
  createdAt: z.string(),
  /** The version of Muster that made it. */
  version: z.string(),
  node: z.string(),
  incarnation: z.string(),
  schema: z.int(),
  database: z.object({ bytes: Bytes, sha256: Sha256 }),
  artifacts: z.array(z.object({ path: ArtifactPath, bytes: Bytes, sha256: Sha256 })),
})
export type Manifest = z.output<typeof Manifest>

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
  const parsed = Manifest.safeParse(jsonOf(text))
  if (parsed.success) return parsed.data
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
