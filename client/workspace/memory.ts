import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { formatTime } from '../../src/time.ts'
import { dropClaim, takeClaim } from '../agents/claims.ts'
import { lookAtProcess } from '../local/process-tree.ts'
import { hashOf, textOf } from './file-content.ts'
import type { Folder } from './folder.ts'
import { INDEX, indexOf, isIndex } from './memory-index.ts'
import { type Draft, NOTE_LIMITS, type Note, slugOf } from './note.ts'
import { checkDraft, formatNote, NoteError, parseNote } from './note-file.ts'
import { WorkspaceError } from './workspace-error.ts'

const MEMORY = 'memory'
/** Notes that were forgotten, and texts that were replaced. */
const FORGOTTEN = `${MEMORY}/.forgotten`
const LOCK = '.muster/memory.lock'
/** Files of the folder that are no notes. */
const NOT_NOTES = ['README.md', INDEX]
/** More notes than anybody keeps in order; the others are not read, and the problem says so. */
const MAX_NOTES = 5_000
const LOCK_MS = 3_000
const LOCK_EVERY_MS = 15

/** A file of the memory that is no note, and why. */
export interface Problem {
  readonly file: string
  readonly says: string
}

export interface Scan {
  /** By slug. */
  readonly notes: readonly Note[]
  readonly problems: readonly Problem[]
}

/** What a change leaves alone stays as it is. */
export type Change = Partial<Omit<Draft, 'title'>>

/**
 * The notes of a workspace: files that people and agents edit as well, so each call reads what is there. Changes exclude each other by a
 * lock among processes, and none replaces or removes a text without a copy of it.
 */
export class Memory {
  readonly #folder: Folder
  readonly #now: () => number

  constructor(folder: Folder, now: () => number) {
    this.#folder = folder
    this.#now = now
  }

  scan(): Scan {
    const names = this.#names()
    const notes: Note[] = []
    const problems: Problem[] = names.slice(MAX_NOTES).map((file) => ({ file, says: `it is one more than the ${MAX_NOTES} notes that are read` }))
    for (const file of names.slice(0, MAX_NOTES)) {
      const read = this.#read(file)
      if ('says' in read) problems.push(read)
      else notes.push(read)
    }
    return { notes, problems }
  }

  /** One note by its slug or its title. @throws WorkspaceError `file_not_found`, `file_unreadable` */
  find(name: string): Note {
    const slug = this.slugOf(name)
    const read = this.#read(`${slug}.md`)
    if ('says' in read)
      throw new WorkspaceError('file_unreadable', `${MEMORY}/${slug}.md cannot be read as a note: ${read.says}`, 'Edit it by hand, or forget it.')
    return read
  }

  /** Writes a new note. @throws WorkspaceError `file_exists` where one has its slug */
  async write(draft: Draft): Promise<Note> {
    const at = formatTime(this.#now())
    const note = checkDraft(draft, { created: at, updated: at })
    return await this.#locked(() => {
      if (this.#folder.create(`${MEMORY}/${note.slug}.md`, formatNote(note))) return this.#indexed(note)
      throw this.#taken(note.slug)
    })
  }

  /**
   * Changes a note; its old text is kept beside.
   *
   * @param was the hash of the note that the caller saw, or its beginning; a note that is another by now is left alone
   * @throws WorkspaceError `config_changed`, `file_not_found`
   */
  async update(name: string, change: Change, was?: string): Promise<Note> {
    return await this.#locked(() => {
      const old = this.find(name)
      if (was !== undefined && !(was !== '' && old.hash.startsWith(was)))
        throw new WorkspaceError('config_changed', `${old.slug} was changed meanwhile`, 'Look at it again; nothing was written.')
      const { kind, body, tags, source, expires } = { ...old, ...change }
      // A note that is looked after counts for as long as a new one, unless it is said otherwise.
      const lasting = change.expires ?? (change.body !== undefined && old.kind === 'fact' ? undefined : (expires ?? 'never'))
      const draft = { title: old.title, kind, body, tags, ...(source !== undefined && { source }), ...(lasting !== undefined && { expires: lasting }) }
      const note = { ...checkDraft(draft, { created: old.created, updated: formatTime(this.#now()) }, old.others), slug: old.slug }
      const path = `${MEMORY}/${old.slug}.md`
      if (note.body !== old.body) this.#copyAside(old.slug, this.#folder.readText(path) ?? '')
      this.#folder.replace(path, formatNote(note), old.hash)
      return this.#indexed(note)
    })
  }

  /** Moves a note out of the memory. Returns where it is now, within the workspace; `undefined` where it was deleted. */
  async forget(name: string, isForGood = false): Promise<string | undefined> {
    return await this.#locked(() => {
      const slug = this.slugOf(name)
      const path = `${MEMORY}/${slug}.md`
      const kept = isForGood ? undefined : this.#aside(slug, (to) => this.#folder.move(path, to))
      if (isForGood) this.#folder.remove(path)
      this.refreshIndex()
      return kept
    })
  }

  /** Brings the index up to date, if it is Muster's. Returns whether it is. It is derived, so nothing fails where it cannot be written. */
  refreshIndex(scan = this.scan()): boolean {
    try {
      return this.#writeIndex(scan.notes)
    } catch (error) {
      if (error instanceof WorkspaceError) return false
      throw error
    }
  }

  #writeIndex(notes: readonly Note[]): boolean {
    const path = `${MEMORY}/${INDEX}`
    const old = this.#folder.read(path)?.toString('utf8')
    if (old !== undefined && !isIndex(old)) return false
    const text = indexOf(notes, this.#now())
    if (old !== text && (old !== undefined || notes.length > 0)) this.#folder.overwrite(path, text)
    return true
  }

  #names(): string[] {
    return this.#folder.names(MEMORY).filter((name) => name.endsWith('.md') && !name.startsWith('.') && !NOT_NOTES.includes(name))
  }

  #read(file: string): Note | Problem {
    try {
      const bytes = this.#folder.read(`${MEMORY}/${file}`, NOTE_LIMITS.maxFileBytes)
      if (!bytes) return { file, says: 'it is gone' }
      return { ...parseNote(file.slice(0, -'.md'.length), textOf(bytes, file)), hash: hashOf(bytes) }
    } catch (error) {
      if (error instanceof NoteError) return { file, says: error.message }
      if (error instanceof WorkspaceError) return { file, says: error.message.replace(`${MEMORY}/${file}`, 'it').replace(file, 'it') }
      throw error
    }
  }

  /** The slug that is meant: the name of a file, which somebody may have chosen by hand, or a title. @throws WorkspaceError `file_not_found` */
  slugOf(name: string): string {
    const given = name.replace(/\.md$/, '')
    const files = this.#names()
    const slug = [given, slugOf(given)].find((each) => files.includes(`${each}.md`))
    if (slug === undefined) throw this.#noNote(name)
    return slug
  }

  #copyAside(slug: string, text: string): void {
    this.#aside(slug, (to) => this.#folder.create(to, text))
  }

  #aside(slug: string, place: (path: string) => boolean): string {
    for (let number = 1; ; number++) {
      const path = `${FORGOTTEN}/${slug}${number === 1 ? '' : `.${number}`}.md`
      if (place(path)) return path
    }
  }

  #indexed(note: Note): Note {
    this.refreshIndex()
    return this.find(note.slug)
  }

  #noNote(name: string): WorkspaceError {
    return new WorkspaceError('file_not_found', `there is no note "${name.slice(0, NOTE_LIMITS.maxTitleChars)}"`, 'memory list names them.')
  }

  #taken(slug: string): WorkspaceError {
    const read = this.#read(`${slug}.md`)
    const there =
      'says' in read
        ? `${slug}.md, which cannot be read`
        : `${slug}, a ${read.kind} of ${read.updated.slice(0, 10)}: ${read.body.slice(0, 200).replace(/\s+/g, ' ')}`
    return new WorkspaceError('file_exists', `there is a note of that title: ${there}`, 'Update that one, or choose another title.')
  }

  /** One change at a time, whichever process makes it. A lock of a process that is gone is taken over. */
  async #locked<T>(act: () => T): Promise<T> {
    const claimant = { key: randomUUID(), agent: lookAtProcess(process.pid) }
    this.#folder.makeFolder('.muster')
    const path = this.#folder.pathOf(LOCK)
    const until = performance.now() + LOCK_MS
    while (!takeClaim(path, claimant)) {
      if (performance.now() > until) throw new WorkspaceError('config_changed', 'the memory is being changed by another process', 'Try again.')
      await delay(LOCK_EVERY_MS)
    }
    try {
      return act()
    } finally {
      dropClaim(path, claimant.key)
    }
  }
}
