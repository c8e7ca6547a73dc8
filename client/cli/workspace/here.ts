import { resolve } from 'node:path'
import { findWorkspace, type Workspace, workspaceIn } from '../../workspace/manifest.ts'
import { WorkspaceError } from '../../workspace/workspace-error.ts'
import type { Invocation } from '../command.ts'
import { CliError } from '../failure.ts'

/** The workspace that is named, or the one in which somebody stands. @throws CliError */
export function workspaceHere(invocation: Invocation, named = invocation.flags.text('dir')): Workspace {
  const cwd = invocation.environment.cwd()
  return told(() => {
    const found = named === undefined ? findWorkspace(cwd) : workspaceIn(resolve(cwd, named))
    if (found) return found
    const where = named === undefined ? `${cwd} lies in no workspace of an orchestrator` : `${named} is no workspace of an orchestrator`
    throw new WorkspaceError(
      'no_workspace',
      where,
      named === undefined ? 'Go into one, name it with --dir, or make one: muster orchestrator init.' : 'muster orchestrator init makes one.',
    )
  })
}

/** The errors of a workspace in those of the command line. */
export function told<T>(act: () => T): T {
  try {
    return act()
  } catch (error) {
    throw asCliError(error)
  }
}

export async function toldLater<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw asCliError(error)
  }
}

function asCliError(error: unknown): unknown {
  return error instanceof WorkspaceError ? new CliError(error.code, error.message, { hint: error.hint, cause: error }) : error
}
