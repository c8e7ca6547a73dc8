import { homedir } from 'node:os'
import { musterCommand } from '../agents/install/muster-command.ts'
import { findProgram } from '../agents/install/programs.ts'
import { SCOPES, type Scope, type Site, type Target } from '../agents/install/target.ts'
import type { Environment } from './environment.ts'

/** Where a runtime keeps its configuration for this user, or in this folder. */
export function siteOf({ env, paths, cwd }: Environment, target: Target, scope: Scope): Site {
  const command = musterCommand(env)
  const home = env['HOME'] || homedir()
  return { scope, env, home, project: cwd(), state: paths.state, command, program: findProgram(target.program, env) }
}

/** Where a runtime has configuration: for this user, and in this folder unless that is the same (somebody stands in the home folder). */
export function sitesOf(environment: Environment, target: Target): readonly Site[] {
  const [user, ...others] = SCOPES.map((scope) => siteOf(environment, target, scope))
  return user ? [user, ...others.filter((site) => target.folder(site) !== target.folder(user))] : []
}
