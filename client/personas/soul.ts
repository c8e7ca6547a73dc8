import { createHash, randomUUID } from 'node:crypto'
import { link, lstat, open, readdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, posix } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { InstallError } from '../agents/install/install-error.ts'
import { isRunning } from '../local/process-facts.ts'
import { PERSONAS_FOLDER } from './library.ts'
import { PERSONA_FILE } from './persona.ts'

/**
 * What stands at the root of a workspace as `SOUL.md`, which programs read under this name whatever persona is in use: a relative
 * link into `personas/`, so that the workspace can be committed and moved; or, where links cannot be made, a copy that says whose.
 */
export type Soul =
  | { readonly kind: 'none' }
  | { readonly kind: 'link' | 'copy'; readonly persona: string }
  /** A copy that somebody has edited in place of its persona. */
  | { readonly kind: 'edited copy'; readonly persona: string }
  /** A person's own file, or a link of theirs to somewhere else. */
  | { readonly kind: 'own file' }
  | { readonly kind: 'own link'; readonly to: string }

const TARGET = new RegExp(`^(?:\\./)?${PERSONAS_FOLDER}/([a-z0-9-]+)/${PERSONA_FILE.replace('.', '\\.')}$`)
/** A comment of YAML in the first line of the front matter. */
const COPY_MARK = /^---\r?\n# Written by "muster persona use ([a-z0-9-]+)"; edit personas\/\1\/SOUL\.md and use it again\. ([0-9a-f]{16})\r?\n/
const DRAFT = /^\.SOUL\.md\.muster-(\d+)-/
const LINKS_REFUSED = new Set(['EPERM', 'EACCES', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

function soulPath(workspace: string): string {
  return join(workspace, PERSONA_FILE)
}

export async function readSoul(workspace: string): Promise<Soul> {
  const path = soulPath(workspace)
  const stats = await lstat(path).catch(absent)
  if (!stats) return { kind: 'none' }
  if (stats.isSymbolicLink()) {
    const to = await readlink(path)
    const persona = TARGET.exec(to)?.[1]
    return persona === undefined ? { kind: 'own link', to } : { kind: 'link', persona }
  }
  if (!stats.isFile()) return { kind: 'own file' }
  const text = await readFile(path, 'utf8')
  const [mark, persona = '', hash] = COPY_MARK.exec(text) ?? []
  if (mark === undefined) return { kind: 'own file' }
  return { kind: shortHash(text.slice(mark.length)) === hash ? 'copy' : 'edited copy', persona }
}

/** Whether replacing it loses nothing that is only there. */
export function isReplaceable(soul: Soul): boolean {
  return soul.kind === 'none' || soul.kind === 'link' || soul.kind === 'copy'
}

export interface Pointing {
  readonly persona: string
  /** What the persona says, for a copy. */
  readonly text: string
  readonly as: 'link' | 'copy'
  /** What SOUL.md was when it was decided to replace it. */
  readonly before: Soul
}

/**
 * Points SOUL.md at a persona of the workspace. Whatever breaks off in between, SOUL.md is what it was or what it becomes.
 *
 * @returns which of the two it has become; a copy also where links are refused
 * @throws InstallError `config_changed` where it is not any more what it was
 */
export async function pointSoul(workspace: string, { persona, text, as, before }: Pointing): Promise<'link' | 'copy'> {
  await sweepDrafts(workspace)
  const draft = join(workspace, `.${PERSONA_FILE}.muster-${process.pid}-${randomUUID()}`)
  try {
    const made = await writeDraft(draft, persona, text, as)
    if (!isDeepStrictEqual(await readSoul(workspace), before)) throw changed(workspace)
    await place(draft, soulPath(workspace), before)
    await flushFolder(workspace)
    return made
  } finally {
    await rm(draft, { force: true })
  }
}

/** Gives what is there a second name, so that it stays when SOUL.md is replaced. Returns that name. */
export async function keepSoul(workspace: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? 'SOUL.kept.md' : `SOUL.kept-${number}.md`
    try {
      await secondName(soulPath(workspace), join(workspace, name))
      await flushFolder(workspace)
      return name
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
    }
  }
}

async function writeDraft(draft: string, persona: string, text: string, as: 'link' | 'copy'): Promise<'link' | 'copy'> {
  if (as === 'link') {
    try {
      await symlink(posix.join(PERSONAS_FOLDER, persona, PERSONA_FILE), draft)
      return 'link'
    } catch (error) {
      if (!LINKS_REFUSED.has(codeOf(error))) throw error
    }
  }
  const file = await open(draft, 'wx', 0o644)
  try {
    await file.writeFile(copyOf(persona, text))
    await file.sync()
  } finally {
    await file.close()
  }
  return 'copy'
}

/** The text with the mark behind the line that opens its front matter. */
function copyOf(persona: string, text: string): string {
  const [, rest = text] = /^---[ \t]*\r?\n([\s\S]*)$/.exec(text) ?? []
  return `---\n# Written by "muster persona use ${persona}"; edit personas/${persona}/SOUL.md and use it again. ${shortHash(rest)}\n${rest}`
}

/** A rename takes the place of what is there at once; where there was nothing, what has come to be meanwhile makes it fail. */
async function place(draft: string, path: string, before: Soul): Promise<void> {
  if (before.kind !== 'none') return await rename(draft, path)
  try {
    await secondName(draft, path)
  } catch (error) {
    throw codeOf(error) === 'EEXIST' ? changed(dirname(path)) : error
  }
}

function changed(workspace: string): InstallError {
  return new InstallError('config_changed', `${soulPath(workspace)} has changed since it was read`, 'It was left as it is. Try again.')
}

/** The same file, or a link that leads to the same, under another name that must be free. */
async function secondName(path: string, name: string): Promise<void> {
  // Of a link not what it leads to: some systems would follow it.
  if ((await lstat(path)).isSymbolicLink()) await symlink(await readlink(path), name)
  else await link(path, name)
}

/** What processes that were killed have left. */
async function sweepDrafts(workspace: string): Promise<void> {
  for (const name of await readdir(workspace)) {
    const pid = Number(DRAFT.exec(name)?.[1] ?? 'NaN')
    if (Number.isInteger(pid) && pid !== process.pid && !isRunning(pid)) await rm(join(workspace, name), { force: true })
  }
}

/** The names of a folder are on the disk when it is flushed; a system that cannot do that does it in its own time. */
async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync().catch(() => undefined)
  } finally {
    await handle?.close()
  }
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function absent(error: unknown): undefined {
  if (codeOf(error) === 'ENOENT') return undefined
  throw error
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
