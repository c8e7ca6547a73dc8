import { join } from 'node:path'
import { codex } from '../codex.ts'
import { probeBridge } from './bridge-probe.ts'
import { CodexConfigEditor } from './codex-config.ts'
import { bridgeArgv, HOOK_TIMEOUT_SEC, hookGroups } from './hook-content.ts'
import type { Dialect } from './json-document.ts'
import { JsonEditor } from './json-editor.ts'
import { MUSTERS_OWN } from './muster-command.ts'
import { runProgram, saidBy } from './programs.ts'
import { type Health, SERVER_NAME, type Site, type Target } from './target.ts'

/** Whatever else it finds in hooks.json, it uses none of the file. Tried with 0.169.0. */
const DIALECT: Dialect = { comments: false, trailingCommas: false, byteOrderMark: false, duplicateKeys: false }
const HEALTH_TIMEOUT_MS = 30_000

export const codexTarget: Target = {
  driver: codex,
  program: 'codex',
  folder,
  editors(site) {
    const [command, ...args] = bridgeArgv(codex, site.command)
    const server = { name: SERVER_NAME, command, args, env: site.command.env }
    const hooks = hookGroups(codex, site.command, { timeout: HOOK_TIMEOUT_SEC }, site)
    return [
      new CodexConfigEditor(join(folder(site), 'config.toml'), server, site.program, site.env),
      new JsonEditor(join(folder(site), 'hooks.json'), DIALECT, { hooks }, MUSTERS_OWN),
    ]
  },
  rival: async () => undefined,
  /** `codex mcp` looks at the configuration only, so the bridge is started here. */
  async health(site, program): Promise<Health> {
    const ran = await runProgram(program, ['mcp', 'get', SERVER_NAME, '--json'], { env: site.env, cwd: site.project, timeoutMs: HEALTH_TIMEOUT_MS })
    if (ran.status !== 0) return { ok: false, said: `codex mcp get ${SERVER_NAME}: ${saidBy(ran)}` }
    const probe = await probeBridge(bridgeArgv(codex, site.command), { ...site.env, ...site.command.env }, site.project)
    return { ok: probe.ok, said: `codex mcp get ${SERVER_NAME}: configured; ${probe.said}` }
  },
  next: ({ scope }) => [
    `Start codex${scope === 'user' ? '' : ' in this folder, which it must trust'}, or restart it: it asks once whether it may run the new hooks.`,
  ],
}

function folder({ scope, env, home, project }: Site): string {
  return scope === 'project' ? join(project, '.codex') : env['CODEX_HOME'] || join(home, '.codex')
}
