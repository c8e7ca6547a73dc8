import { realpathSync } from 'node:fs'
import { join } from 'node:path'

/** The runtimes that read skills, by what people type for them. */
export const SKILL_RUNTIMES = ['claude', 'codex', 'gemini', 'opencode'] as const
export type SkillRuntime = (typeof SKILL_RUNTIMES)[number]
export const SKILL_SCOPES = ['user', 'project'] as const
export type SkillScope = (typeof SKILL_SCOPES)[number]

/** What decides where the folders are. */
export interface Ground {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** The folder that the scope `project` means. */
  readonly project: string
}

/** A folder of skills, and who reads it. */
export interface SkillPlace {
  readonly scope: SkillScope
  readonly folder: string
  readonly runtimes: readonly SkillRuntime[]
}

/**
 * Where each runtime reads skills. Claude Code knows only its own folder; the others share `.agents/skills`.
 * Tried with Claude Code 2.1.329, Codex 0.169.0 and Gemini CLI 0.61.0; that of OpenCode is in its documentation.
 */
const FOLDER_OF: Readonly<Record<SkillRuntime, Readonly<Record<SkillScope, (ground: Ground) => string>>>> = {
  claude: {
    user: ({ env, home }) => join(env['CLAUDE_CONFIG_DIR'] || join(home, '.claude'), 'skills'),
    project: ({ project }) => join(project, '.claude', 'skills'),
  },
  codex: { user: ({ home }) => sharedIn(home), project: ({ project }) => sharedIn(project) },
  gemini: { user: ({ env, home }) => sharedIn(env['GEMINI_CLI_HOME'] || home), project: ({ project }) => sharedIn(project) },
  opencode: { user: ({ home }) => sharedIn(home), project: ({ project }) => sharedIn(project) },
}

/** Further folders in which a runtime finds skills, which are its own and nothing is installed into. */
const FURTHER: Readonly<Record<SkillScope, (ground: Ground) => readonly (readonly [SkillRuntime, string])[]>> = {
  user: ({ env, home }) => [
    ['codex', join(env['CODEX_HOME'] || join(home, '.codex'), 'skills')],
    ['gemini', join(env['GEMINI_CLI_HOME'] || home, '.gemini', 'skills')],
    ['opencode', join(env['XDG_CONFIG_HOME']?.startsWith('/') ? env['XDG_CONFIG_HOME'] : join(home, '.config'), 'opencode', 'skills')],
  ],
  project: ({ project }) => [
    ['gemini', join(project, '.gemini', 'skills')],
    ['opencode', join(project, '.opencode', 'skills')],
  ],
}

function sharedIn(folder: string): string {
  return join(folder, '.agents', 'skills')
}

/** The folders into which skills go for these runtimes, each once. */
export function skillPlaces(ground: Ground, scope: SkillScope, runtimes: readonly SkillRuntime[] = SKILL_RUNTIMES): readonly SkillPlace[] {
  return merged(
    scope,
    runtimes.map((runtime) => [runtime, FOLDER_OF[runtime][scope](ground)]),
  )
}

/** The others that are read. */
export function furtherPlaces(ground: Ground, scope: SkillScope): readonly SkillPlace[] {
  return merged(scope, FURTHER[scope](ground))
}

/** One place for each folder that there is: a link to another of them is that. */
function merged(scope: SkillScope, found: readonly (readonly [SkillRuntime, string])[]): readonly SkillPlace[] {
  const places = new Map<string, SkillPlace>()
  for (const [runtime, folder] of found) {
    const key = realFolder(folder)
    const known = places.get(key)
    places.set(key, { scope, folder: known?.folder ?? folder, runtimes: [...(known?.runtimes ?? []), runtime] })
  }
  return [...places.values()]
}

/** The folder behind the links that lead to it; itself where it is not there yet. */
export function realFolder(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
