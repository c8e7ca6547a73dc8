import { rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readConfig, refuseChanged, removeConfig, type Snapshot, writeConfig } from '../agents/install/config-file.ts'
import { InstallError } from '../agents/install/install-error.ts'
import type { Preview } from '../agents/install/install-plan.ts'
import { leftOvers, type SkillCopy } from './copies.ts'
import { RECORD_FILE, recordText } from './copy-record.ts'
import { SKILL_FILE } from './specification.ts'

/** What is to become of one copy. */
export interface CopyChange {
  readonly copy: SkillCopy
  readonly action: 'create' | 'update' | 'remove'
  readonly files: readonly FileChange[]
}

interface FileChange {
  readonly path: string
  readonly before: Snapshot | undefined
  /** `undefined`: the file goes. */
  readonly after: string | undefined
}

/** What an installation or a removal would do, computed before anything is done. */
export interface SkillPlan {
  readonly changes: readonly CopyChange[]
  /** What is as it should be. */
  readonly settled: readonly SkillCopy[]
  /** What is a person's, or a newer Muster's, and stays. */
  readonly left: readonly SkillCopy[]
}

/** @throws InstallError where a file cannot be written back as it was; nothing has been written then */
export async function planSkillInstall(copies: readonly SkillCopy[], version: string): Promise<SkillPlan> {
  const due = copies.filter(({ state }) => state === 'absent' || state === 'outdated')
  const changes = await Promise.all(due.map(async (copy) => await installing(copy, version)))
  return { changes, settled: copies.filter(({ state }) => state === 'current'), left: copies.filter(({ state }) => isLeft(state)) }
}

/** @throws InstallError */
export async function planSkillRemoval(copies: readonly SkillCopy[]): Promise<SkillPlan> {
  const due = copies.filter(({ state }) => state === 'current' || state === 'outdated' || state === 'newer')
  const changes = await Promise.all(due.map(removing))
  return { changes, settled: copies.filter(({ state }) => state === 'absent'), left: copies.filter(({ state }) => state === 'edited' || state === 'foreign') }
}

/**
 * Does what a plan says, one file after the other, each as a whole. Broken off in the middle, every file is as one version or the
 * other has it, and doing it again completes it.
 *
 * @throws InstallError `config_changed` before anything is written, `config_refused`
 */
export async function applySkillPlan({ changes }: SkillPlan): Promise<void> {
  for (const { path, before } of changes.flatMap(({ files }) => files)) await refuseChanged(path, before)
  for (const { copy, action, files } of changes) {
    for (const { path, before, after } of files) {
      if (after !== undefined) await writeConfig(path, before, after)
      else if (before) await removeConfig(path, before, [])
    }
    if (action === 'remove') await removeEmpty(copy.folder, files)
  }
}

/** The files of a change, for a diff. */
export function previewsOf({ files }: CopyChange): readonly Preview[] {
  return files.map(({ path, before, after }) => ({ path, before: before?.text, after }))
}

function isLeft(state: SkillCopy['state']): boolean {
  return state === 'edited' || state === 'foreign' || state === 'newer'
}

/**
 * SKILL.md comes behind the other files, so that no program reads a skill that is not whole. The record of a new copy comes first, so that
 * whatever broke off is known as one; that of an update last, since until then the old one still vouches for what has not been replaced.
 */
async function installing(copy: SkillCopy, version: string): Promise<CopyChange> {
  const { skill, files, record } = copy
  const due = [...skill.files].filter(([path, text]) => files.get(path) !== text).sort(([a], [b]) => Number(a === SKILL_FILE) - Number(b === SKILL_FILE))
  const own = [RECORD_FILE, recordText(version, skill.files)] as const
  const changes = record === undefined ? [own, ...due] : [...due, ...leftOvers(skill, files, record).map((path) => [path, undefined] as const), own]
  return { copy, action: copy.state === 'absent' ? 'create' : 'update', files: await changesOf(copy, changes) }
}

/** SKILL.md goes first and the record last: what is left of a removal that broke off is no skill to any program, and still known as a copy. */
async function removing(copy: SkillCopy): Promise<CopyChange> {
  const { skill, files, record } = copy
  const ours = [...files.keys()].filter((path) => path !== SKILL_FILE && (skill.files.has(path) || record?.files[path] !== undefined))
  return {
    copy,
    action: 'remove',
    files: await changesOf(
      copy,
      [SKILL_FILE, ...ours, RECORD_FILE].map((path) => [path, undefined] as const),
    ),
  }
}

async function changesOf(
  { folder, files }: SkillCopy,
  wanted: readonly (readonly [path: string, after: string | undefined])[],
): Promise<readonly FileChange[]> {
  const changes = await Promise.all(
    wanted.map(async ([name, after]) => {
      const path = join(folder, name)
      const before = await readConfig(path)
      // It was judged by what it held then, and not through every link that may lead to it.
      if (name !== RECORD_FILE && before?.text !== files.get(name)) {
        throw new InstallError(
          'config_changed',
          `${path} is not what it was a moment ago, or behind a link`,
          'Nothing was written. muster skill doctor shows how it is.',
        )
      }
      return { path, before, after }
    }),
  )
  return changes.filter(({ before, after }) => before?.text !== after)
}

/** The folders that are empty now, the innermost first; a person's own files keep theirs. */
async function removeEmpty(folder: string, files: readonly FileChange[]): Promise<void> {
  const folders = new Set(files.map(({ path }) => dirname(path)))
  const innermostFirst = [...folders, folder].sort((a, b) => b.length - a.length)
  for (const each of new Set(innermostFirst)) await rmdir(each).catch(() => undefined)
}
