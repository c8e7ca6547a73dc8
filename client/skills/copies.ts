import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { hashOf } from '../agents/install/config-file.ts'
import { type CopyRecord, readCopyRecord } from './copy-record.ts'
import type { ShippedSkill } from './library.ts'
import { realFolder, type SkillPlace } from './places.ts'
import { readSkillFolder, type SkillFiles } from './skill-folder.ts'
import { SKILL_FILE } from './specification.ts'

export type CopyState =
  /** Not there. */
  | 'absent'
  /** What this Muster ships. */
  | 'current'
  /** Of another version, or a copy that broke off: every file is as some Muster wrote it. */
  | 'outdated'
  /** Of a newer Muster than this. */
  | 'newer'
  /** Somebody has changed or removed a file of it. */
  | 'edited'
  /** Something of that name which no Muster wrote. */
  | 'foreign'

/** A shipped skill in a place. */
export interface SkillCopy {
  readonly skill: ShippedSkill
  readonly place: SkillPlace
  readonly folder: string
  readonly state: CopyState
  readonly files: SkillFiles
  readonly record: CopyRecord | undefined
  /** The files that are not as they were written. */
  readonly edited: readonly string[]
}

/** How the copies of these skills in these places are. A folder to which several lead is looked at once. */
export async function lookAtCopies(skills: readonly ShippedSkill[], places: readonly SkillPlace[], version: string): Promise<readonly SkillCopy[]> {
  const copies = new Map<string, SkillCopy>()
  for (const place of places) {
    for (const skill of skills) {
      const folder = join(place.folder, skill.name)
      const key = realFolder(folder)
      if (!copies.has(key)) copies.set(key, await lookAt(skill, place, folder, version))
    }
  }
  return [...copies.values()]
}

async function lookAt(skill: ShippedSkill, place: SkillPlace, folder: string, version: string): Promise<SkillCopy> {
  const [files, record] = [await readSkillFolder(folder), await readCopyRecord(folder)]
  const edited = editedIn(skill, files, record)
  return { skill, place, folder, files, record, edited, state: stateOf({ skill, folder, files, record, edited }, version) }
}

function stateOf({ skill, folder, files, record, edited }: Omit<SkillCopy, 'place' | 'state'>, version: string): CopyState {
  if (!existsSync(folder)) return 'absent'
  const shipped = [...skill.files]
  if (record === undefined && !isBegun(skill, files)) return 'foreign'
  if (shipped.every(([path, text]) => files.get(path) === text) && leftOvers(skill, files, record).length === 0) return 'current'
  if (edited.length > 0) return 'edited'
  return record !== undefined && isNewer(record.version, version) ? 'newer' : 'outdated'
}

/** Whether a folder without a record can be a copy that broke off before its record was written: it holds nothing but shipped files. */
function isBegun(skill: ShippedSkill, files: SkillFiles): boolean {
  const names = [...files.keys()]
  return names.includes(SKILL_FILE) ? files.get(SKILL_FILE) === skill.files.get(SKILL_FILE) : names.every((name) => files.get(name) === skill.files.get(name))
}

/** A file counts as untouched when it is as it was written, or as it would be. What a person put beside them is theirs and no edit. */
function editedIn(skill: ShippedSkill, files: SkillFiles, record: CopyRecord | undefined): string[] {
  const recorded = Object.entries(record?.files ?? {})
  const changed = [...files].filter(([path, text]) => {
    const isOurs = skill.files.has(path) || record?.files[path] !== undefined
    return isOurs && skill.files.get(path) !== text && record?.files[path] !== hashOf(text)
  })
  // Without its SKILL.md it is what a removal has left that broke off.
  const removed = files.has(SKILL_FILE) ? recorded.filter(([path]) => !files.has(path) && skill.files.has(path)) : []
  return [...new Set([...changed.map(([path]) => path), ...removed.map(([path]) => path)])].sort()
}

/** Files of an older version that this one does not have any more. */
export function leftOvers(skill: ShippedSkill, files: SkillFiles, record: CopyRecord | undefined): string[] {
  return Object.keys(record?.files ?? {}).filter((path) => files.has(path) && !skill.files.has(path))
}

/** Compares versions like `1.12.0`; what is no number counts as 0. */
function isNewer(one: string, other: string): boolean {
  const [a, b] = [one, other].map((version) => version.split(/[.+-]/).map((part) => Number.parseInt(part, 10) || 0)) as [number[], number[]]
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}
