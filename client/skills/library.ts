import { join } from 'node:path'
import { shippedFolder } from '../content/shipped.ts'
import { foldersIn, readSkillFolder, type SkillFiles } from './skill-folder.ts'
import { judgeSkill, SKILL_FILE } from './specification.ts'

/** What the names of all shipped skills begin with, so that they take no name of a person's. */
const PREFIX = 'muster-'

/** A skill that comes with this Muster. */
export interface ShippedSkill {
  readonly name: string
  readonly description: string
  readonly folder: string
  readonly files: SkillFiles
}

/** The skills that come with this Muster, by name. */
export async function shippedSkills(): Promise<readonly ShippedSkill[]> {
  const root = shippedFolder('skills')
  return await Promise.all((await foldersIn(root)).map((name) => readShipped(root, name)))
}

/** The one of this name; `coordination` means `muster-coordination`. */
export function findSkill(skills: readonly ShippedSkill[], name: string): ShippedSkill | undefined {
  return skills.find((skill) => skill.name === name) ?? skills.find((skill) => skill.name === PREFIX + name)
}

async function readShipped(root: string, name: string): Promise<ShippedSkill> {
  const folder = join(root, name)
  const files = await readSkillFolder(folder)
  const { description = '' } = judgeSkill(name, files.get(SKILL_FILE) ?? '')
  return { name, description, folder, files }
}
