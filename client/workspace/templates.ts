import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { shippedFolder } from '../content/shipped.ts'
import type { Owner } from './manifest.ts'
import { WorkspaceError } from './workspace-error.ts'

/** The files of a workspace, and what of the package each is made of. */
const FILES: Readonly<Record<string, readonly [kind: 'personas' | 'templates', name: string]>> = {
  'AGENTS.md': ['templates', 'workspace/AGENTS.md'],
  'CLAUDE.md': ['templates', 'workspace/CLAUDE.md'],
  'comms.md': ['templates', 'workspace/comms.md'],
  'projects.md': ['templates', 'workspace/projects.md'],
  'memory/README.md': ['templates', 'workspace/memory.md'],
  'personas/neutral/SOUL.md': ['personas', 'neutral/SOUL.md'],
  '.muster.json': ['templates', 'workspace/muster.json'],
}
/** Links, and what each points to from where it lies. */
export const LINKS: Readonly<Record<string, string>> = { 'SOUL.md': 'personas/neutral/SOUL.md', '.claude/skills': '../.agents/skills' }
export const FOLDERS: readonly string[] = ['.agents/skills']

export interface Template {
  /** Within the workspace. */
  readonly path: string
  readonly text: string
}

/** The templates that the package ships, for one workspace. @throws WorkspaceError `file_not_found` where it ships none */
export function templatesFor(owner: Owner): readonly Template[] {
  return Object.entries(FILES).map(([path, [kind, name]]) => ({ path, text: fillIn(shipped(kind, name), owner) }))
}

function shipped(kind: 'personas' | 'templates', name: string): string {
  try {
    return readFileSync(join(shippedFolder(kind), name), 'utf8')
  } catch (cause) {
    throw new WorkspaceError(
      'file_not_found',
      `this installation of muster comes without ${kind}/${name}`,
      'Use one from the package; an image of the daemon has none.',
      cause,
    )
  }
}

/** Puts the owner's names where a template says `{{orchestrator}}`, `{{circle}}`, `{{person}}`. @throws TypeError for any other word */
export function fillIn(template: string, owner: Owner): string {
  return template.replace(/\{\{(\w+)\}\}/g, (_, word: string) => {
    const value = Object.hasOwn(owner, word) ? owner[word as keyof Owner] : undefined
    if (typeof value !== 'string') throw new TypeError(`Expected a template to name a field of the owner, got ${word}`)
    return value
  })
}
