import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { lookAtCopies, type SkillCopy } from './copies.ts'
import type { ShippedSkill } from './library.ts'
import { furtherPlaces, type Ground, realFolder, SKILL_SCOPES, type SkillPlace, skillPlaces } from './places.ts'
import { foldersIn } from './skill-folder.ts'
import { judgeSkill, SKILL_FILE, SPECIFICATION } from './specification.ts'

/** One thing that was found out about a skill in a place. */
export interface SkillFinding {
  readonly folder: string
  readonly skill: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly says: string
  readonly hint?: string
}

/** Looks at every skill in every folder that a runtime reads for this user and in this project. Changes nothing. */
export async function examineSkills(shipped: readonly ShippedSkill[], ground: Ground, version: string): Promise<readonly SkillFinding[]> {
  const places = distinct(SKILL_SCOPES.flatMap((scope) => [...skillPlaces(ground, scope), ...furtherPlaces(ground, scope)]))
  const found = await Promise.all(places.map(async (place) => await examinePlace(shipped, place, version)))
  return [...found.flatMap(({ findings }) => findings), ...differing(found.flatMap(({ contents }) => contents))]
}

/** Somebody who stands in the home folder has one place for both scopes. */
function distinct(places: readonly SkillPlace[]): readonly SkillPlace[] {
  return [...new Map(places.map((place) => [realFolder(place.folder), place])).values()]
}

interface Content {
  readonly folder: string
  readonly skill: string
  readonly content: string | undefined
}

interface Examined {
  readonly findings: readonly SkillFinding[]
  readonly contents: readonly Content[]
}

async function examinePlace(shipped: readonly ShippedSkill[], place: SkillPlace, version: string): Promise<Examined> {
  const { folder } = place
  const copies = new Map((await lookAtCopies(shipped, [place], version)).map((copy) => [copy.skill.name, copy]))
  const contents = await Promise.all(
    (await foldersIn(folder)).map(async (skill) => ({
      folder,
      skill,
      content: await readFile(join(folder, skill, SKILL_FILE), 'utf8').catch(() => undefined),
    })),
  )
  const missing = [...copies.values()].filter(({ state }) => state === 'absent').map(({ skill }) => skill.name)
  const gaps = missing.length > 0 && missing.length < copies.size ? [notThere(place, missing)] : []
  return { findings: [...contents.flatMap((each) => examineSkill(each, copies.get(each.skill))), ...gaps], contents }
}

function examineSkill({ folder, skill, content }: Content, copy: SkillCopy | undefined): readonly SkillFinding[] {
  const about = { folder, skill }
  if (content === undefined)
    return [
      { ...about, state: 'warn', says: `there is no ${SKILL_FILE} in it`, hint: 'Where it is to be a skill, give it one.' },
      ...(copy ? drift(about, copy) : []),
    ]
  const { violations, advice } = judgeSkill(skill, content)
  const faults = [
    ...violations.map(
      (says): SkillFinding => ({ ...about, state: 'fail', says, hint: `It is not valid by ${SPECIFICATION}: a program may leave it out without a word.` }),
    ),
    ...advice.map((says): SkillFinding => ({ ...about, state: 'warn', says })),
    ...(copy ? drift(about, copy) : []),
  ]
  return faults.length > 0 ? faults : [{ ...about, state: 'ok', says: copy ? 'as this Muster ships it' : 'valid' }]
}

function drift(about: Pick<SkillFinding, 'folder' | 'skill'>, { state, edited, record, place }: SkillCopy): SkillFinding[] {
  const again = `muster skill install ${about.skill} --scope ${place.scope}`
  if (state === 'outdated')
    return [{ ...about, state: 'warn', says: `not what this Muster ships (written by ${record?.version ?? 'a copy that broke off'})`, hint: again }]
  if (state === 'newer')
    return [
      { ...about, state: 'warn', says: `written by Muster ${record?.version}, which is newer than this one`, hint: 'Bring Muster up to date, or leave it.' },
    ]
  if (state === 'edited')
    return [
      {
        ...about,
        state: 'warn',
        says: `edited: ${edited.join(', ')}`,
        hint: `It stays as it is. To have the shipped one, move the folder away, then: ${again}`,
      },
    ]
  if (state === 'foreign')
    return [{ ...about, state: 'warn', says: 'has the name of a shipped skill, and Muster did not write it', hint: `Rename it, then: ${again}` }]
  return []
}

function notThere(place: SkillPlace, names: readonly string[]): SkillFinding {
  return {
    folder: place.folder,
    skill: '-',
    state: 'ok',
    says: `not installed: ${names.join(', ')}`,
    hint: `muster skill install --all --scope ${place.scope}`,
  }
}

/** Different texts under one name in several folders. */
function differing(contents: readonly Content[]): SkillFinding[] {
  return [...new Set(contents.map(({ skill }) => skill))].flatMap((skill) => {
    const copies = contents.filter((each) => each.skill === skill)
    if (new Set(copies.map(({ content }) => content)).size < 2) return []
    const says = `has different texts in ${copies.map(({ folder }) => folder).join(', ')}`
    const hint = 'Which one counts, each program decides for itself: make them the same, or keep one.'
    return [{ folder: copies[0]?.folder ?? '', skill, state: 'warn' as const, says, hint }]
  })
}
