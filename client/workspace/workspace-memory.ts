import { MusterError } from '../../src/errors.ts'
import type { PortDraft, PortMemory, PortNote } from '../../src/tools/port.ts'
import type { Recalled } from '../../src/tools/recall.ts'
import { findWorkspace, type Manifest, type Workspace } from './manifest.ts'
import type { Memory } from './memory.ts'
import { lintNote } from './memory-lint.ts'
import { searchNotes } from './memory-search.ts'
import { KINDS, type Note } from './note.ts'
import { recollect } from './recollection.ts'
import { WorkspaceError } from './workspace-error.ts'

/** A peer, as far as it matters whose memory it is. */
export interface Asker {
  readonly name: string
  readonly circle: string
  readonly role: string
}

/** Whether a workspace's memory is a peer's own: the orchestrator's by name, or that of whoever has the role in its circle. */
export function isOwner({ orchestrator, circle }: Manifest, asker: Asker): boolean {
  const isSame = (a: string, b: string) => a.toLowerCase() === b.toLowerCase()
  return isSame(circle, asker.circle) && (asker.role === 'orchestrator' || isSame(orchestrator, asker.name))
}

export const BRIEFS = 'What a worker has to know stands in the brief that it is sent: ask the orchestrator.'

/** The memory for the session that works in a folder. It is looked for with each call, and so is who calls. */
export class WorkspaceMemory implements PortMemory {
  readonly #cwd: string
  readonly #self: () => Promise<Asker>
  readonly #now: () => number

  constructor(cwd: string, self: () => Promise<Asker>, now: () => number) {
    this.#cwd = cwd
    this.#self = self
    this.#now = now
  }

  async recall(about: string): Promise<readonly Recalled[]> {
    return await this.#on((memory) => recollect(memory.scan().notes, about, this.#now()))
  }

  async search(words: string) {
    return await this.#on((memory) => searchNotes(memory.scan().notes, words).map(({ note, snippet }) => ({ note: viewNote(note), snippet })))
  }

  async show(name: string): Promise<PortNote> {
    return await this.#on((memory) => viewNote(memory.find(name)))
  }

  async write(draft: PortDraft) {
    return await this.#on(async (memory) => {
      const note = draft.version === undefined ? await made(memory, draft) : await memory.update(draft.title, changeOf(draft), draft.version)
      return { note: viewNote(note), findings: lintNote(note, this.#now()).map(({ line, says, advice }) => `line ${line}: ${says}. ${advice}`) }
    })
  }

  async forget(name: string): Promise<string> {
    return await this.#on(async (memory) => (await memory.forget(name)) ?? '')
  }

  async #on<T>(act: (memory: Memory) => T | Promise<T>): Promise<T> {
    try {
      const { folder } = await this.#own()
      // Loaded with the first note: most sessions are no orchestrator's.
      const { Memory } = await import('./memory.ts')
      return await act(new Memory(folder, this.#now))
    } catch (error) {
      throw error instanceof WorkspaceError ? asMusterError(error) : error
    }
  }

  async #own(): Promise<Workspace> {
    const workspace = findWorkspace(this.#cwd)
    if (!workspace)
      throw new MusterError(
        'not_found',
        { hint: 'muster orchestrator init makes a workspace.' },
        { message: 'This session does not work in a workspace of an orchestrator.' },
      )
    if (isOwner(workspace.manifest, await this.#self())) return workspace
    throw new MusterError('forbidden', { hint: BRIEFS }, { message: `This memory is for ${workspace.manifest.orchestrator} alone.` })
  }
}

async function made(memory: Memory, { title, body = '', kind, tags = [], ...rest }: PortDraft): Promise<Note> {
  return await memory.write({ title, body, kind: kindOf(kind), tags, ...whatIsGiven(rest) })
}

function changeOf({ body, kind, tags, ...rest }: PortDraft) {
  return { ...(body !== undefined && { body }), ...(kind !== undefined && { kind: kindOf(kind) }), ...(tags !== undefined && { tags }), ...whatIsGiven(rest) }
}

function whatIsGiven({ source, expires }: Pick<PortDraft, 'source' | 'expires'>) {
  return { ...(source !== undefined && { source }), ...(expires !== undefined && { expires }) }
}

function kindOf(kind: string | undefined) {
  const known = KINDS.find((each) => each === kind)
  if (known) return known
  throw new WorkspaceError('usage', 'a note needs a kind', `Expected one of: ${KINDS.join(', ')}.`)
}

function viewNote({ slug, title, kind, updated, expires, source, tags, body, hash }: Note): PortNote {
  return { note: slug, title, kind, updated, expires, source, tags, body, version: hash.slice(0, VERSION_CHARS) }
}

/** Enough that two texts never share it; a model has to write it out. */
const VERSION_CHARS = 12

const CODES = { file_not_found: 'not_found', not_yours: 'forbidden', config_changed: 'unavailable' } as const

function asMusterError(error: WorkspaceError): MusterError {
  const code = Object.hasOwn(CODES, error.code) ? CODES[error.code as keyof typeof CODES] : 'invalid_input'
  return new MusterError(code, { hint: error.hint }, { message: `${error.message[0]?.toUpperCase()}${error.message.slice(1)}.`, cause: error })
}
