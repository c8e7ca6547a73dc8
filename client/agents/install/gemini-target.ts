import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { gemini } from '../gemini.ts'
import { bridgeArgv, HOOK_TIMEOUT_SEC, hookGroups } from './hook-content.ts'
import type { Dialect, Json } from './json-document.ts'
import { type HookGroup, JsonEditor } from './json-editor.ts'
import { MUSTERS_OWN, type MusterCommand } from './muster-command.ts'
import { plainText, type Ran, runProgram, saidBy } from './programs.ts'
import { type Health, neutralFolder, SERVER_NAME, type Site, type Target } from './target.ts'

/** It refuses to start with a trailing comma or a byte order mark in its settings. Tried with 0.61.0. */
const DIALECT: Dialect = { comments: true, trailingCommas: false, byteOrderMark: false, duplicateKeys: true }
const HEALTH_TIMEOUT_MS = 60_000

export const geminiTarget: Target = {
  driver: gemini,
  program: 'gemini',
  folder,
  editors(site) {
    const server = { section: 'mcpServers', name: SERVER_NAME, value: geminiServer(site.command) }
    return [new JsonEditor(join(folder(site), 'settings.json'), DIALECT, { server, hooks: geminiHooks(site.command) }, MUSTERS_OWN)]
  },
  async rival({ env, home }) {
    const isThere = await stat(join(userFolder(env, home), 'extensions', 'muster')).then(
      () => true,
      () => false,
    )
    return isThere ? { what: 'the Muster extension', removal: 'gemini extensions uninstall muster' } : undefined
  },
  async health(site, program): Promise<Health> {
    const ran = site.scope === 'project' ? await listed(site, program, site.project, {}) : await listedAnywhere(site, program)
    const state = /\bmuster: .* - (\w+)\s*$/m.exec(plainText(`${ran.stdout}\n${ran.stderr}`))?.[1]
    return { ok: state === 'Connected', said: `gemini mcp list: ${state ?? saidBy(ran)}` }
  },
  next: ({ scope }) => [
    `Start gemini in ${scope === 'user' ? 'a folder that it trusts' : 'this folder, once it trusts it'}, or restart it: in others it starts no MCP server.`,
  ],
}

export function geminiServer(command: MusterCommand): { readonly [key: string]: Json } {
  const [program, ...args] = bridgeArgv(gemini, command)
  const { env } = command
  return { command: program, args, ...(Object.keys(env).length > 0 && { env }) }
}

/** Its timeouts are milliseconds; the name is what it shows while a hook runs. */
export function geminiHooks(command: MusterCommand): Record<string, HookGroup> {
  return hookGroups(gemini, command, { name: 'muster', timeout: HOOK_TIMEOUT_SEC * 1_000 })
}

/** It starts servers only in a folder that it trusts: here one of ours, where there is nothing to distrust. */
async function listedAnywhere(site: Site, program: string): Promise<Ran> {
  return await listed(site, program, await neutralFolder(site), { GEMINI_CLI_TRUST_WORKSPACE: 'true' })
}

async function listed({ env }: Site, program: string, cwd: string, more: Record<string, string>): Promise<Ran> {
  return await runProgram(program, ['mcp', 'list'], { env: { ...env, ...more }, cwd, timeoutMs: HEALTH_TIMEOUT_MS })
}

function folder({ scope, env, home, project }: Site): string {
  return scope === 'project' ? join(project, '.gemini') : userFolder(env, home)
}

function userFolder(env: Site['env'], home: string): string {
  return join(env['GEMINI_CLI_HOME'] || home, '.gemini')
}
