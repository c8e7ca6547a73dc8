import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isName } from '../local/names.ts'
import { Folder } from './folder.ts'
import { WorkspaceError } from './workspace-error.ts'

export const MANIFEST = '.muster/workspace.json'
const VERSION = 1
const MAX_MANIFEST_BYTES = 262_144
/** Deeper than folders nest in which somebody works. */
const MAX_FOLDERS = 40

/** Whose workspace it is; these stand in its templates. */
export interface Owner {
  /** The name of the orchestrator's peer. */
  readonly orchestrator: string
  readonly circle: string
  /** How the person is called. */
  readonly person: string
}

export interface Manifest extends Owner {
  /** The release of Muster that wrote last. */
  readonly release: string
  /** SHA-256 of each file as its template was when it was written, taken or kept. */
  readonly files: Readonly<Record<string, string>>
}

export interface Workspace {
  readonly folder: Folder
  readonly manifest: Manifest
}

/** Whether a folder itself is one. */
export function isWorkspace(path: string): boolean {
  return existsSync(join(path, MANIFEST))
}

/** The nearest folder upwards, this one included, that is a workspace; `undefined` where there is none. */
export function nearestWorkspace(cwd: string): string | undefined {
  for (let path = cwd, depth = 0; depth < MAX_FOLDERS; depth++) {
    if (isWorkspace(path)) return path
    const parent = dirname(path)
    if (parent === path) return undefined
    path = parent
  }
  return undefined
}

/** The workspace in which a folder lies. @throws WorkspaceError for a manifest that cannot be read */
export function findWorkspace(cwd: string): Workspace | undefined {
  const path = nearestWorkspace(cwd)
  return path === undefined ? undefined : workspaceIn(path)
}

/** The workspace that a folder is. @throws WorkspaceError for a manifest that cannot be read */
export function workspaceIn(path: string): Workspace | undefined {
  let folder: Folder
  try {
    folder = new Folder(path)
  } catch {
    // A folder that is gone is no workspace.
    return undefined
  }
  const text = folder.readText(MANIFEST, MAX_MANIFEST_BYTES)
  return text === undefined ? undefined : { folder, manifest: parseManifest(text) }
}

export function writeManifest(folder: Folder, { orchestrator, circle, person, release, files }: Manifest): void {
  const sorted = Object.fromEntries(Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1)))
  const text = `${JSON.stringify({ v: VERSION, release, orchestrator, circle, person, files: sorted }, null, 2)}\n`
  if (folder.readText(MANIFEST, MAX_MANIFEST_BYTES) !== text) folder.overwrite(MANIFEST, text)
}

const HASH = /^[0-9a-f]{64}$/
/** One line of plain words: it stands in Markdown that a model reads. */
const PERSON = /^[\p{L}\p{N}][\p{L}\p{N} .,'’()-]{0,63}$/u

/** @throws WorkspaceError `usage` */
export function checkOwner({ orchestrator, circle, person }: Owner): void {
  for (const [what, name] of [['peer', orchestrator] as const, ['circle', circle] as const]) {
    if (!isName(name))
      throw badOwner(`a ${what} cannot be called "${name}"`, 'Expected letters, digits, ".", "_" or "-", beginning and ending with a letter or a digit.')
  }
  if (!PERSON.test(person)) throw badOwner('that is no name of a person', 'Expected at most 64 letters, digits and blanks.')
}

function badOwner(message: string, hint: string): WorkspaceError {
  return new WorkspaceError('usage', message, hint)
}

function parseManifest(text: string): Manifest {
  const { v, release, orchestrator, circle, person, files } = parseObject(text)
  if (typeof v === 'number' && v > VERSION) throw damaged('is of a newer Muster', 'Use that version, or a newer one.')
  const hasStrings = [release, orchestrator, circle, person].every((field) => typeof field === 'string')
  if (v !== VERSION || !hasStrings || !isRecord(files)) throw damaged('is not as Muster writes it')
  const manifest = { release, orchestrator, circle, person, files } as Manifest
  checkOwner(manifest)
  if (!Object.entries(files).every(([path, hash]) => isPathWithin(path) && typeof hash === 'string' && HASH.test(hash))) {
    throw damaged('names a file that is none of the workspace')
  }
  return manifest
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // Said below: there is nothing to repair by itself.
  }
  throw damaged('is no JSON object')
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPathWithin(path: string): boolean {
  return path.split('/').every((part) => part !== '' && part !== '.' && part !== '..' && !part.includes('\\') && !part.includes('\0'))
}

function damaged(what: string, hint = 'Remove it and run muster orchestrator init: no other file is touched by that.'): WorkspaceError {
  return new WorkspaceError('file_unreadable', `${MANIFEST} ${what}`, hint)
}
