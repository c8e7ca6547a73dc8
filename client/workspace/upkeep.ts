import { hashOf } from './file-content.ts'
import type { Folder } from './folder.ts'
import { type Manifest, type Owner, writeManifest } from './manifest.ts'
import { FOLDERS, LINKS, type Template } from './templates.ts'
import { WorkspaceError } from './workspace-error.ts'

/**
 * How a file stands to its template:
 *
 * | state | on the disk | the template since it was written |
 * |---|---|---|
 * | `current` | as the template | - |
 * | `missing` | nothing, and never written | - |
 * | `removed` | nothing; somebody took it away | - |
 * | `outdated` | as it was written | has changed |
 * | `edited` | edited | is the same |
 * | `diverged` | edited, or there before Muster | has changed, or was never written |
 */
export type FileState = 'current' | 'missing' | 'removed' | 'outdated' | 'edited' | 'diverged'

export interface Surveyed extends Template {
  readonly state: FileState
  /** What is on the disk; `undefined` for nothing, or for what is no file. */
  readonly mine: Buffer | undefined
}

/** What is done about one path. */
export interface Step {
  readonly path: string
  readonly does: 'create' | 'replace' | 'keep' | 'leave'
  readonly why: string
  /** Where the edited file goes that is replaced. */
  readonly backup?: string
}

export const UP_TO_DATE = 'is up to date'

export interface Choice {
  readonly verb: 'init' | 'upgrade'
  /** Edited files that are to become the template; a copy is kept. */
  readonly take: readonly string[]
  /** Edited files that count as up to date with their template from now on. */
  readonly keep: readonly string[]
}

export function survey(folder: Folder, templates: readonly Template[], manifest: Manifest | undefined): readonly Surveyed[] {
  return templates.map((template) => {
    const mine = contentOf(folder, template.path)
    if (mine === 'other') return { ...template, state: 'diverged', mine: undefined }
    return { ...template, state: stateOf(mine && hashOf(mine), hashOf(template.text), manifest?.files[template.path]), mine }
  })
}

/** A link, a folder or what cannot be read is somebody's, whatever it holds. */
function contentOf(folder: Folder, path: string): Buffer | 'other' | undefined {
  const kind = folder.kindOf(path)
  if (kind === undefined) return undefined
  if (kind !== 'file') return 'other'
  try {
    return folder.read(path)
  } catch (error) {
    if (error instanceof WorkspaceError && error.code === 'file_unreadable') return 'other'
    throw error
  }
}

function stateOf(now: string | undefined, template: string, written: string | undefined): FileState {
  if (now === undefined) return written === undefined ? 'missing' : 'removed'
  if (now === template) return 'current'
  if (now === written) return 'outdated'
  return written === template ? 'edited' : 'diverged'
}

/** What is to be done; the same with and without doing it. */
export function decide(folder: Folder, files: readonly Surveyed[], choice: Choice): readonly Step[] {
  const { take, keep } = choice
  const unknown = [...take, ...keep].find((path) => !files.some((file) => file.path === path))
  if (unknown !== undefined) {
    const known = files.map(({ path }) => path).join(', ')
    throw new WorkspaceError('usage', `${unknown} is no file that Muster writes`, `Expected one of: ${known}.`)
  }
  return [...files.map((file) => decideFile(folder, file, choice)), ...FOLDERS.flatMap((path) => decideFolder(folder, path)), ...decideLinks(folder)]
}

function decideFile(folder: Folder, { path, state, mine }: Surveyed, { verb, take, keep }: Choice): Step {
  if (take.includes(path) && state !== 'current') return taken(folder, path, mine)
  if (keep.includes(path) && mine !== undefined) return { path, does: 'keep', why: 'counts as up to date from now on' }
  switch (state) {
    case 'current':
      return { path, does: 'leave', why: UP_TO_DATE }
    case 'missing':
      return { path, does: 'create', why: 'was not there' }
    case 'removed':
      return verb === 'init' ? { path, does: 'create', why: 'was removed' } : { path, does: 'leave', why: 'was removed; init brings it back' }
    case 'outdated':
      return verb === 'upgrade' ? { path, does: 'replace', why: 'was never edited' } : { path, does: 'leave', why: 'has a newer template: upgrade takes it' }
    case 'edited':
      return { path, does: 'leave', why: 'is edited; its template has not changed' }
    case 'diverged':
      return { path, does: 'leave', why: 'is edited, and its template is another: see diff' }
  }
}

function taken(folder: Folder, path: string, mine: Buffer | undefined): Step {
  if (folder.kindOf(path) === undefined) return { path, does: 'create', why: 'was asked for' }
  if (mine === undefined) throw new WorkspaceError('file_exists', `${path} is no file that can be replaced`, 'Move it away first.')
  return { path, does: 'replace', why: 'was asked for', backup: freeName(folder, `${path}.mine`) }
}

function freeName(folder: Folder, path: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? path : `${path}-${number}`
    if (folder.kindOf(name) === undefined) return name
  }
}

function decideFolder(folder: Folder, path: string): Step[] {
  return folder.kindOf(path) === undefined ? [{ path, does: 'create', why: 'was not there' }] : []
}

/** A link that is there is somebody's choice, wherever it points: a persona, say. */
function decideLinks(folder: Folder): Step[] {
  return Object.keys(LINKS).flatMap((path): Step[] => {
    const kind = folder.kindOf(path)
    if (kind === 'link') return []
    return [kind === undefined ? { path, does: 'create', why: 'was not there' } : { path, does: 'leave', why: 'is there and is no link' }]
  })
}

/**
 * Does what was decided. The manifest comes last: whatever is interrupted is found as it is by the next survey.
 *
 * @throws WorkspaceError `config_changed` where a file was edited since the survey; what was done before that stays
 */
export function carryOut(
  folder: Folder,
  files: readonly Surveyed[],
  steps: readonly Step[],
  about: { owner: Owner; release: string; manifest: Manifest | undefined },
): void {
  const written: Record<string, string> = {}
  for (const { path, does, backup } of steps) {
    const file = files.find((one) => one.path === path)
    if (!file) makeOther(folder, path, does)
    else if (doFile(folder, file, does, backup)) written[path] = hashOf(file.text)
    else if (about.manifest?.files[path] !== undefined) written[path] = about.manifest.files[path]
  }
  const { orchestrator, circle, person } = about.owner
  writeManifest(folder, { orchestrator, circle, person, release: about.release, files: written })
}

/** Returns whether the template counts as written. */
function doFile(folder: Folder, { path, text, state, mine = Buffer.of() }: Surveyed, does: Step['does'], backup: string | undefined): boolean {
  switch (does) {
    case 'create':
      // What came about meanwhile is somebody's.
      return folder.create(path, text)
    case 'replace':
      if (backup !== undefined && !folder.create(backup, mine)) throw new WorkspaceError('config_changed', `${backup} is there by now`, 'Try again.')
      folder.replace(path, text, hashOf(mine))
      return true
    case 'keep':
      return true
    case 'leave':
      return state === 'current'
  }
}

function makeOther(folder: Folder, path: string, does: Step['does']): void {
  if (does !== 'create') return
  const target = LINKS[path]
  if (target === undefined) folder.makeFolder(path)
  else folder.link(path, target)
}
