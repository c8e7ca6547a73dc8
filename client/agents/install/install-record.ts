import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writePrivateFile } from '../../local/private-file.ts'
import { hashOf, type Snapshot } from './config-file.ts'
import type { Added, Made } from './editor.ts'
import { applySplices, type Splice } from './splices.ts'

/**
 * What an installation did to one file. With it, a file that nobody has touched since becomes byte for byte what it was; without
 * it, or after an edit, the entries are found by what they are.
 */
export interface FileRecord {
  readonly path: string
  /** There was no such file. */
  readonly created: boolean
  /** Folders that were made for it, the outermost first. */
  readonly folders: readonly string[]
  /** Hashes of its bytes. */
  readonly before: string | null
  readonly after: string
  readonly undo: readonly Splice[]
  readonly made: Made
}

interface RecordFile {
  readonly v: 1
  readonly files: readonly FileRecord[]
}

/** The records of one installation: of a runtime, with its files in one folder. */
export class InstallRecord {
  readonly #path: string

  constructor(state: string, runtime: string, folder: string) {
    const key = createHash('sha256').update(folder).digest('hex').slice(0, 12)
    this.#path = join(state, 'installed', `${runtime}-${key}.json`)
  }

  /** Without what cannot be read: a record is a help, never a condition. */
  async read(): Promise<readonly FileRecord[]> {
    try {
      const { v, files } = JSON.parse(await readFile(this.#path, 'utf8')) as RecordFile
      return v === 1 && Array.isArray(files) ? files : []
    } catch {
      return []
    }
  }

  async write(files: readonly FileRecord[]): Promise<void> {
    if (files.length === 0) await rm(this.#path, { force: true })
    else writePrivateFile(this.#path, JSON.stringify({ v: 1, files } satisfies RecordFile, null, 2))
  }
}

/** A file as it was before the installation; `undefined` where it was touched since, where it was not there, or where nothing is known. */
export function originalOf(snapshot: Snapshot, record: FileRecord | undefined): string | undefined {
  if (record?.after !== snapshot.hash || record.before === null) return undefined
  const text = applySplices(snapshot.text, record.undo)
  return hashOf(text) === record.before ? text : undefined
}

export function recordOfChange(path: string, base: string | undefined, added: Added, created: boolean, folders: readonly string[]): FileRecord {
  const { text, undo, made } = added
  return { path, created, folders, before: base === undefined ? null : hashOf(base), after: hashOf(text), undo, made }
}
