import { join } from 'node:path'
import { claudeCode } from '../claude-code.ts'
import { ClaudeServer, serverValue } from './claude-server.ts'
import { readConfig } from './config-file.ts'
import { HOOK_TIMEOUT_SEC, hookGroups } from './hook-content.ts'
import { type Dialect, type Json, jsonOf, memberOf, parseDocument } from './json-document.ts'
import { type HookGroup, JsonEditor } from './json-editor.ts'
import { MUSTERS_OWN, type MusterCommand, shellLine } from './muster-command.ts'
import { plainText, runProgram, saidBy } from './programs.ts'
import { type Health, SERVER_NAME, type Site, type Target } from './target.ts'

/** A file with comments it takes for broken, and then uses none of it. Tried with 2.1.329. */
const DIALECT: Dialect = { comments: false, trailingCommas: false, byteOrderMark: true, duplicateKeys: true }
/** A waiter that ends without a message is started anew at the end of the next turn. */
const WAITER_TIMEOUT_SEC = 86_400
const HEALTH_TIMEOUT_MS = 60_000

export const claudeTarget: Target = {
  driver: claudeCode,
  program: 'claude',
  folder,
  editors(site) {
    const settings = new JsonEditor(settingsOf(site), DIALECT, { hooks: claudeHooks(site.command, site) }, MUSTERS_OWN)
    if (site.scope === 'user') return [settings]
    const server = { section: 'mcpServers', name: SERVER_NAME, value: serverValue(site.command) }
    return [new JsonEditor(join(site.project, '.mcp.json'), DIALECT, { server }, MUSTERS_OWN), settings]
  },
  ownServer: (site) => (site.scope === 'user' ? new ClaudeServer(site) : undefined),
  async rival(site) {
    const settings = await readConfig(settingsOf(site))
    const plugins = settings && memberOf(parseDocument(settingsOf(site), settings.text, DIALECT).root, 'enabledPlugins')
    const plugin = Object.entries(((plugins && jsonOf(plugins)) as Record<string, Json> | undefined) ?? {}).find(
      ([name, on]) => name.startsWith('muster@') && on === true,
    )
    return plugin && { what: 'the Muster plugin', removal: `claude plugin uninstall ${plugin[0]}` }
  },
  async health(site, program): Promise<Health> {
    const ran = await runProgram(program, ['mcp', 'get', SERVER_NAME], { env: site.env, cwd: site.project, timeoutMs: HEALTH_TIMEOUT_MS })
    const status = /Status:\s*([^\n]*)/.exec(plainText(ran.stdout))?.[1]?.trim()
    const said = status ?? saidBy(ran)
    return { ok: ran.status === 0 && /Connected|Pending approval/.test(said), said: `claude mcp get ${SERVER_NAME}: ${said}` }
  },
  next: ({ scope }) =>
    scope === 'user'
      ? ['Start claude in any folder, or restart it: its sessions are peers now.']
      : ['Start claude in this folder and approve the MCP server that it asks about.'],
}

function folder({ scope, env, home, project }: Site): string {
  return scope === 'project' ? join(project, '.claude') : env['CLAUDE_CONFIG_DIR'] || join(home, '.claude')
}

function settingsOf(site: Site): string {
  return join(folder(site), 'settings.json')
}

/** Beside the hooks, at the start and after each turn the waiter that wakes the idle session. */
export function claudeHooks(command: MusterCommand, how: Pick<Site, 'cards'> = {}): Record<string, HookGroup> {
  const groups = hookGroups(claudeCode, command, { timeout: HOOK_TIMEOUT_SEC }, how)
  const waiter = {
    type: 'command',
    command: shellLine(command, 'wait', '--runtime', claudeCode.name),
    async: true,
    asyncRewake: true,
    timeout: WAITER_TIMEOUT_SEC,
  } as const
  for (const name of ['SessionStart', 'Stop']) groups[name] = { ...groups[name], hooks: [...(groups[name]?.hooks ?? []), waiter] }
  return groups
}
