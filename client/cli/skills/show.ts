import { basename } from 'node:path'
import { unifiedDiff } from '../../agents/install/unified-diff.ts'
import type { SkillCopy } from '../../skills/copies.ts'
import { RECORD_FILE } from '../../skills/copy-record.ts'
import type { ShippedSkill } from '../../skills/library.ts'
import type { SkillFinding } from '../../skills/skill-doctor.ts'
import { previewsOf, type SkillPlan } from '../../skills/skill-plan.ts'
import { showChange } from '../changes.ts'
import type { Output } from '../output.ts'
import { safeLine } from '../text.ts'

export function showSkills(out: Output, skills: readonly ShippedSkill[], copies: readonly SkillCopy[]): void {
  out.table(
    ['SKILL', 'INSTALLED', 'WHAT IT IS FOR'],
    skills.map((skill) => [skill.name, installedAt(skill, copies), skill.description]),
  )
}

/** `user (claude), project (codex, gemini, opencode) edited`. */
function installedAt({ name }: ShippedSkill, copies: readonly SkillCopy[]): string {
  const there = copies.filter(({ skill, state }) => skill.name === name && state !== 'absent')
  return there.map(({ place, state }) => `${place.scope} (${place.runtimes.join(', ')})${state === 'current' ? '' : ` ${state}`}`).join('; ')
}

/** A copy for a program. */
export function copyDocument({ skill, place, folder, state, edited, record }: SkillCopy): Readonly<Record<string, unknown>> {
  return { skill: skill.name, scope: place.scope, runtimes: place.runtimes, folder, state, version: record?.version ?? null, edited }
}

/** What a plan does, for a program. */
export function planDocument({ changes, settled, left }: SkillPlan): Readonly<Record<string, unknown>> {
  return {
    changes: changes.map((change) => ({
      skill: change.copy.skill.name,
      folder: change.copy.folder,
      action: change.action,
      files: previewsOf(change).map(({ path, before, after }) => ({ path, diff: unifiedDiff(path, before, after) })),
    })),
    unchanged: settled.map(({ folder }) => folder),
    left: left.map(copyDocument),
  }
}

/** What a plan does, for a person: of what is new or goes only where, of what changes how. */
export function showPlan(out: Output, { changes }: SkillPlan): void {
  for (const change of changes) {
    if (change.action !== 'update') out.line(`${change.action}  ${safeLine(change.copy.folder)}`)
    // The record tells a person nothing that the other diffs do not.
    else for (const preview of previewsOf(change).filter(({ path }) => basename(path) !== RECORD_FILE)) showChange(out, preview)
  }
}

/** Why something stays as it is. */
export function noteLeft(out: Output, { left }: SkillPlan): void {
  for (const { folder, state, edited, record } of left) {
    if (state === 'edited') out.note(`Left as it is: ${folder} was edited (${edited.join(', ')}).`)
    else if (state === 'newer') out.note(`Left as it is: ${folder} was written by Muster ${record?.version}, which is newer than this one.`)
    else out.note(`Left as it is: ${folder} is not Muster's.`)
  }
}

export function showFindings(out: Output, findings: readonly SkillFinding[]): void {
  out.table(
    ['FOLDER', 'SKILL', 'STATE', 'FOUND'],
    findings.map(({ folder, skill, state, says }) => [folder, skill, state, says]),
  )
  for (const { skill, hint } of findings) if (hint !== undefined) out.note(`${skill === '-' ? '' : `${skill}: `}${safeLine(hint)}`)
}
