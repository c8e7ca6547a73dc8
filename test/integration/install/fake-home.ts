import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { applyPlan } from '../../../client/agents/install/install-apply.ts'
import { type InstallPlan, isEmptyPlan, planInstall, planUninstall, recordFor } from '../../../client/agents/install/install-plan.ts'
import type { MusterCommand } from '../../../client/agents/install/muster-command.ts'
import type { Scope, Site, Target } from '../../../client/agents/install/target.ts'

/** The home of somebody who has a runtime, in a folder of its own. */
export class FakeHome implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'muster-install-test-'))

  path(...parts: string[]): string {
    return join(this.folder, ...parts)
  }

  write(name: string, text: string | Uint8Array): string {
    const path = this.path(name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
    return path
  }

  read(name: string): string {
    return readFileSync(this.path(name), 'utf8')
  }

  site({ scope = 'user', argv = ['muster'] }: { readonly scope?: Scope; readonly argv?: MusterCommand['argv'] } = {}): Site {
    const [home, project, state] = [this.folder, this.path('work'), this.path('state')]
    return { scope, env: { HOME: home }, home, project, state, command: { argv, env: {} }, program: undefined }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Installs, and returns what was planned. */
export async function install(target: Target, site: Site): Promise<InstallPlan> {
  const plan = await planInstall(target, site)
  if (!isEmptyPlan(plan)) await applyPlan(plan, recordFor(target, site))
  return plan
}

export async function uninstall(target: Target, site: Site): Promise<InstallPlan> {
  const plan = await planUninstall(target, site)
  if (!isEmptyPlan(plan)) await applyPlan(plan, recordFor(target, site))
  return plan
}
