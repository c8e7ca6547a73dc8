import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { claudeCode } from '../claude-code.ts'
import { readConfig } from './config-file.ts'
import { bridgeArgv } from './hook-content.ts'
import { InstallError } from './install-error.ts'
import { type Json, jsonOf, memberOf, parseDocument, sameJson } from './json-document.ts'
import { MUSTERS_OWN, type MusterCommand } from './muster-command.ts'
import { runProgram, saidBy } from './programs.ts'
import { type OwnServer, type RuntimeCommand, SERVER_NAME, type Site } from './target.ts'

const RUN_TIMEOUT_MS = 30_000
const FILE = '.claude.json'

/** `alwaysLoad`: Claude Code hides the tools of other servers behind a search, where nobody looks for a message. */
export function serverValue(command: MusterCommand): { readonly [key: string]: Json } {
  const [program, ...args] = bridgeArgv(claudeCode, command)
  const { env } = command
  return { type: 'stdio', command: program, args, ...(Object.keys(env).length > 0 && { env }), alwaysLoad: true }
}

/** The entry in `.claude.json`, which Claude Code rewrites all the time and nobody else should. */
export class ClaudeServer implements OwnServer {
  readonly path: string
  readonly install: RuntimeCommand
  readonly uninstall: RuntimeCommand = { args: ['mcp', 'remove', '-s', 'user', SERVER_NAME] }
  readonly #site: Site
  readonly #value: { readonly [key: string]: Json }

  constructor(site: Site) {
    this.#site = site
    this.path = join(site.env['CLAUDE_CONFIG_DIR'] || site.home, FILE)
    this.#value = serverValue(site.command)
    this.install = { args: ['mcp', 'add-json', '-s', 'user', SERVER_NAME, JSON.stringify(this.#value)] }
  }

  async state(): Promise<'absent' | 'current' | 'stale'> {
    const value = await this.#read()
    if (value === undefined) return 'absent'
    if (MUSTERS_OWN.serverCommand(value) === undefined) {
      const what = `${this.path} has an MCP server named ${SERVER_NAME} that is not Muster's`
      throw new InstallError('config_taken', what, `Nothing was written. claude mcp remove -s user ${SERVER_NAME} removes it.`)
    }
    const members = value as { readonly [key: string]: Json }
    return Object.entries(this.#value).every(([key, of]) => sameJson(members[key], of)) ? 'current' : 'stale'
  }

  async find(): Promise<string | undefined> {
    const value = await this.#read()
    return value === undefined ? undefined : MUSTERS_OWN.serverCommand(value)
  }

  async preview(commands: readonly RuntimeCommand[]): Promise<{ readonly before: string | undefined; readonly after: string | undefined }> {
    const folder = await mkdtemp(join(tmpdir(), 'muster-install-'))
    const copy = join(folder, FILE)
    try {
      const before = (await readConfig(this.path))?.text
      if (before !== undefined) await copyFile(this.path, copy)
      for (const command of commands) await this.#run(command, { ...this.#site.env, HOME: folder, CLAUDE_CONFIG_DIR: folder }, folder)
      return { before, after: await readFile(copy, 'utf8') }
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  async run(command: RuntimeCommand): Promise<void> {
    await this.#run(command, this.#site.env, this.#site.project)
  }

  async #run({ args }: RuntimeCommand, env: Site['env'], cwd: string): Promise<void> {
    const { program } = this.#site
    if (program === undefined) throw new InstallError('runtime_not_found', 'there is no claude on the PATH', 'Only its own command changes its .claude.json.')
    const ran = await runProgram(program, args, { env, cwd, timeoutMs: RUN_TIMEOUT_MS })
    if (ran.status !== 0) throw new InstallError('runtime_failed', `claude ${args.slice(0, 2).join(' ')} failed: ${saidBy(ran)}`)
  }

  /** Read strictly: Claude Code puts a broken file aside and begins a new one, which must not happen because of us. */
  async #read(): Promise<Json | undefined> {
    const snapshot = await readConfig(this.path)
    if (!snapshot) return undefined
    const { root } = parseDocument(this.path, snapshot.text, { comments: false, trailingCommas: false, byteOrderMark: true, duplicateKeys: true })
    const node = memberOf(memberOf(root, 'mcpServers'), SERVER_NAME)
    return node && jsonOf(node)
  }
}
