import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { MANIFEST, nearestWorkspace } from '../workspace/manifest.ts'
import type { Invocation } from './command.ts'
import { CliError } from './failure.ts'
import type { Flag } from './flags.ts'

export const DIR_FLAG = { type: 'string', value: 'folder', summary: 'The workspace (the nearest from this folder upwards)' } as const satisfies Flag

/** The workspace that is meant: that of `--dir`, or the nearest one. @throws CliError `file_not_found` for a `--dir` that is no folder */
export function findWorkspace({ flags, environment }: Invocation): string | undefined {
  return flags.text('dir') === undefined ? nearestWorkspace(environment.cwd()) : folderMeant({ flags, environment })
}

/** The folder of `--dir`, or this one. @throws CliError `file_not_found` */
export function folderMeant({ flags, environment }: Pick<Invocation, 'flags' | 'environment'>): string {
  const given = flags.text('dir') ?? '.'
  const folder = resolve(environment.cwd(), given)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return folder
  throw new CliError('file_not_found', `${given} is no folder`, { hint: 'Make it first, or name another with --dir.' })
}

/** @throws CliError `no_workspace` */
export function needWorkspace(invocation: Invocation): string {
  const found = findWorkspace(invocation)
  if (found !== undefined) return found
  throw new CliError('no_workspace', `there is no workspace here: no folder from this one upwards has ${MANIFEST}`, {
    hint: 'Nothing was written. --dir says in which folder SOUL.md belongs: --dir . means this one.',
  })
}
