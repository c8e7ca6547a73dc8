import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { opencode } from '../opencode.ts'
import { bridgeArgv } from './hook-content.ts'
import type { Dialect, Json } from './json-document.ts'
import { JsonEditor } from './json-editor.ts'
import { MUSTERS_OWN, type MusterCommand } from './muster-command.ts'
import { PluginFile } from './plugin-file.ts'
import { plainText, type Ran, runProgram, saidBy } from './programs.ts'
import { type Health, neutralFolder, SERVER_NAME, type Site, type Target } from './target.ts'

/** Tried with 1.18.33. */
const DIALECT: Dialect = { comments: true, trailingCommas: true, byteOrderMark: true, duplicateKeys: true }
/** Without it OpenCode writes it into the file when it first reads it. */
const HEAD = { $schema: 'https://opencode.ai/config.json' }
/** How long it waits for the list of tools, which a busy machine may need to start the bridge, and for each call. */
const SERVER_TIMEOUT_MS = 60_000
/** OpenCode runs both. */
const SOURCE_TYPE = import.meta.url.endsWith('.js') ? 'js' : 'ts'
const COMMAND_LINE = /^(const MUSTER\b[^=\n]*= )\[.*\]/m
/** The first start of OpenCode unpacks and installs things. */
const HEALTH_TIMEOUT_MS = 120_000

export const opencodeTarget: Target = {
  driver: opencode,
  program: 'opencode',
  folder,
  editors(site) {
    const { env } = site.command
    const value: { readonly [key: string]: Json } = {
      type: 'local',
      command: bridgeArgv(opencode, site.command),
      ...(Object.keys(env).length > 0 && { environment: env }),
      enabled: true,
      timeout: SERVER_TIMEOUT_MS,
    }
    const content = { server: { section: 'mcp', name: SERVER_NAME, value }, head: HEAD }
    return [new JsonEditor(configOf(site), DIALECT, content, MUSTERS_OWN), new PluginFile(pluginOf(site), opencode.shortName, pluginSource(site.command))]
  },
  rival: async () => undefined,
  async health(site, program): Promise<Health> {
    const ran = await listed(site, program, site.scope === 'project' ? site.project : await neutralFolder(site))
    const line = plainText(ran.stdout)
      .split('\n')
      .find((text) => new RegExp(`[✓✗○●⚠]\\s+${SERVER_NAME}\\b`).test(text))
    const said = line?.replace(/^.*?([✓✗○⚠])/, '$1').trim() ?? saidBy(ran)
    return { ok: /\bconnected\b/.test(said), said: `opencode mcp list: ${said}` }
  },
  next: ({ scope }) => [`Start opencode in ${scope === 'user' ? 'any folder' : 'this folder'}, or restart it: its sessions are peers now.`],
}

function folder({ scope, env, home, project }: Site): string {
  if (scope === 'project') return join(project, '.opencode')
  const config = env['XDG_CONFIG_HOME']
  return join(config?.startsWith('/') ? config : join(home, '.config'), 'opencode')
}

/** Of those that are there the one that OpenCode itself would change. */
function configOf(site: Site): string {
  const at = folder(site)
  const names = site.scope === 'user' ? ['opencode.jsonc', 'opencode.json', 'config.json'] : ['opencode.json', 'opencode.jsonc']
  return names.map((name) => join(at, name)).find((path) => existsSync(path)) ?? join(at, 'opencode.json')
}

/** It reads both folders; where a person has made one of them, that one is used. */
function pluginOf(site: Site): string {
  const folders = ['plugins', 'plugin'].map((name) => join(folder(site), name))
  const own = folders.flatMap((path) => ['muster.js', 'muster.ts'].map((name) => join(path, name))).find((path) => existsSync(path))
  return own ?? join(folders.find((path) => existsSync(path)) ?? join(folder(site), 'plugins'), `muster.${SOURCE_TYPE}`)
}

/** The plugin with how Muster is called, and without the compiler's pointer to a map, which is not copied. */
function pluginSource({ argv, env }: MusterCommand): string {
  const source = readFileSync(new URL(`../opencode-plugin.${SOURCE_TYPE}`, import.meta.url), 'utf8')
  if (!COMMAND_LINE.test(source)) throw new Error('The plugin for OpenCode does not say how Muster is called')
  const assignments = Object.entries(env).map(([name, value]) => `${name}=${value}`)
  const words = JSON.stringify(assignments.length > 0 ? ['env', ...assignments, ...argv] : argv)
  // By a function: a path may contain what `replace` takes for a pattern.
  return source.replace(COMMAND_LINE, (_line, head: string) => head + words).replace(/^\/\/# sourceMappingURL=.*\n?/m, '')
}

async function listed({ env }: Site, program: string, cwd: string): Promise<Ran> {
  // It fetches a package in the background, and without a network ends only after npm has given up.
  return await runProgram(program, ['mcp', 'list'], { env: { ...env, npm_config_fetch_retries: '0' }, cwd, timeoutMs: HEALTH_TIMEOUT_MS })
}
