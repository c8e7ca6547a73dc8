import { randomUUID } from 'node:crypto'
import { linkSync, lstatSync, mkdirSync, readdirSync, realpathSync, renameSync, rmSync, type Stats, symlinkSync } from 'node:fs'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { discard, hashOf, readWhole, textOf, writeDraft } from './file-content.ts'
import { fileError, WorkspaceError } from './workspace-error.ts'

export type EntryKind = 'file' | 'folder' | 'link' | 'other'

/** Beyond this a file is none that a template or a note could be. */
const MAX_FILE_BYTES = 1_048_576
const PERMISSIONS = 0o777

/**
 * The files below one folder, and nothing outside of it: a path that leads out, by its own text or by a link on its way, is refused.
 * What is written is whole at every moment, also after a crash: it is written beside, flushed, and put in place by one step.
 */
export class Folder {
  /** Absolute, with its links followed. */
  readonly root: string

  /** @throws WorkspaceError `file_not_found` */
  constructor(path: string) {
    try {
      this.root = realpathSync(path)
    } catch (cause) {
      throw fileError(path, cause)
    }
  }

  /** `undefined` where there is nothing; a link is a link wherever it leads. */
  kindOf(path: string): EntryKind | undefined {
    const stats = statsOf(this.#within(path), path)
    if (!stats) return undefined
    if (stats.isSymbolicLink()) return 'link'
    if (stats.isDirectory()) return 'folder'
    return stats.isFile() ? 'file' : 'other'
  }

  /** The names in a folder, sorted; none where there is no folder. */
  names(path: string): readonly string[] {
    try {
      return readdirSync(dirname(this.#within(`${path}/x`))).sort()
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw fileError(path, cause)
    }
  }

  /**
   * The bytes of a file; `undefined` where there is none.
   *
   * @throws WorkspaceError `file_unreadable` for what is no file, a link, or longer than `maxBytes`
   */
  read(path: string, maxBytes = MAX_FILE_BYTES): Buffer | undefined {
    return readWhole(this.#within(path), path, maxBytes)
  }

  /** The same as text. @throws WorkspaceError `file_unreadable` where it is no UTF-8 text */
  readText(path: string, maxBytes?: number): string | undefined {
    const bytes = this.read(path, maxBytes)
    return bytes && textOf(bytes, path)
  }

  /** Makes a file that must not be there yet. Returns whether it was made. */
  create(path: string, content: string | Uint8Array): boolean {
    return this.#drafted(path, (draft) => writeDraft(draft, content), linkSync)
  }

  /**
   * Replaces a file that still has the content of which this is the hash, and keeps its mode.
   *
   * @throws WorkspaceError `config_changed` where it has another by now
   */
  replace(path: string, text: string, hash: string): void {
    const now = this.read(path)
    if (now === undefined || hashOf(now) !== hash)
      throw new WorkspaceError('config_changed', `${path} was changed meanwhile`, 'It was left as it is; try again.')
    const { mode } = lstatSync(this.#within(path))
    this.#drafted(path, (draft) => writeDraft(draft, text, mode & PERMISSIONS), renameSync)
  }

  /** Writes a file that is derived from others and may be replaced, whatever it holds. */
  overwrite(path: string, text: string): void {
    this.#drafted(path, (draft) => writeDraft(draft, text), renameSync)
  }

  /** Makes a relative link that leads to something within the folder, where nothing of that name is. Returns whether it was made. */
  link(path: string, target: string): boolean {
    this.#checkTarget(path, target)
    try {
      symlinkSync(target, this.#within(path, true))
      return true
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw fileError(path, cause)
    }
  }

  makeFolder(path: string): void {
    this.#within(`${path}/x`, true)
  }

  /** Gives a file another name that nobody has yet. Returns whether it has it. */
  move(from: string, to: string): boolean {
    const [source, target] = [this.#within(from), this.#within(to, true)]
    try {
      linkSync(source, target)
      rmSync(source)
      return true
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw fileError(from, cause)
    }
  }

  remove(path: string): void {
    try {
      rmSync(this.#within(path))
    } catch (cause) {
      throw fileError(path, cause)
    }
  }

  /** Absolute, for what is to be shown or watched. */
  pathOf(path: string): string {
    return this.#within(path)
  }

  #drafted(path: string, write: (draft: string) => void, place: (draft: string, file: string) => void): boolean {
    const file = this.#within(path, true)
    const draft = join(dirname(file), `.${basename(file)}.${randomUUID()}`)
    try {
      write(draft)
      place(draft, file)
      return true
    } catch (cause) {
      // Only a hard link refuses what is there: a rename would have replaced it.
      if ((cause as NodeJS.ErrnoException).code === 'EEXIST' && place === linkSync) return false
      throw fileError(path, cause)
    } finally {
      discard(draft)
    }
  }

  #checkTarget(path: string, target: string): void {
    const { root } = this
    const leads = relative(root, resolve(root, dirname(path), target))
    if (target.startsWith('/') || leads === '..' || leads.startsWith(`..${sep}`)) throw outside(target)
  }

  /** The absolute path, once nothing on its way leads out of the folder. Its last part is not followed. */
  #within(path: string, makeParents = false): string {
    const parts = path.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..' || part.includes('\0') || part.includes(sep))) throw outside(path)
    let folder = this.root
    for (const part of parts.slice(0, -1)) {
      folder = join(folder, part)
      const stats = statsOf(folder, path)
      if (!stats && makeParents) makeFolder(folder, path)
      // A folder that is not there holds no link.
      if (!stats?.isSymbolicLink()) continue
      folder = this.#followed(path, folder)
    }
    return join(folder, parts.at(-1) ?? '')
  }

  #followed(path: string, link: string): string {
    let found: string
    try {
      found = realpathSync(link)
    } catch (cause) {
      throw fileError(path, cause)
    }
    const way = relative(this.root, found)
    if (way === '..' || way.startsWith(`..${sep}`) || resolve(this.root, way) !== found) throw outside(path)
    return found
  }
}

/** Of the entry itself, not of what a link leads to. */
function statsOf(file: string, path: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch (cause) {
    throw fileError(path, cause)
  }
}

function makeFolder(folder: string, path: string): void {
  try {
    mkdirSync(folder, { recursive: true })
  } catch (cause) {
    throw fileError(path, cause)
  }
}

function outside(path: string): WorkspaceError {
  return new WorkspaceError('not_yours', `${path} leads out of the workspace`, 'Only files within it are read and written.')
}
