import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Added, Editor, Found } from './editor.ts'
import { InstallError } from './install-error.ts'
import { MUSTERS_OWN } from './muster-command.ts'
import { runProgram, saidBy } from './programs.ts'
import { applySplices, invertSplices, type Splice, spliceBetween } from './splices.ts'
import { type Statement, tomlStatements } from './toml-statements.ts'

/** An MCP server as Codex is told of it. */
export interface CodexServer {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

const SECTION = 'mcp_servers'
const BEGIN = '# >>> muster: "muster install codex" writes this, "muster uninstall codex" takes it out'
const END = '# <<< muster'
/** Codex gives up on a server after 10 s, which a busy machine may need to start one. */
const STARTUP_TIMEOUT_SEC = 60
const RUN_TIMEOUT_MS = 30_000

/**
 * Edits Codex's config.toml. Not by `codex mcp add`, which rewrites every `mcp_servers` table without its comments: a table of its
 * own goes to the end of the file, which TOML allows whatever stands before, and Codex itself is asked whether it reads the
 * result as meant. Only where it does not (`mcp_servers` may be one inline value) its own command edits a copy.
 */
export class CodexConfigEditor implements Editor {
  readonly path: string
  readonly #server: CodexServer
  readonly #program: string | undefined
  readonly #env: Readonly<Record<string, string | undefined>>

  constructor(path: string, server: CodexServer, program: string | undefined, env: Readonly<Record<string, string | undefined>>) {
    this.path = path
    this.#server = server
    this.#program = program
    this.#env = env
  }

  async find(text: string): Promise<readonly Found[]> {
    const line = this.#ownLine(text)
    return line === undefined ? [] : [{ kind: 'server', where: `${SECTION}.${this.#server.name}`, command: line }]
  }

  async holds(text: string): Promise<boolean> {
    const pairs = new Map(this.#statements(text).flatMap((statement) => (statement.kind === 'pair' ? [[statement.path.join('.'), statement.strings]] : [])))
    const { command, args, env } = this.#server
    const wanted = [['command', [command]], ['args', args], ...Object.entries(env).map(([name, value]) => [`env.${name}`, [value]] as const)] as const
    return wanted.every(([key, strings]) => JSON.stringify(pairs.get(key)) === JSON.stringify(strings))
  }

  async remove(text: string): Promise<string> {
    if (this.#ownLine(text) === undefined) return text
    const tables = regionsOf(text, this.#statements(text))
    return applySplices(text, [...tables, ...markersOf(text, tables)])
  }

  async add(text = ''): Promise<Added> {
    const before = await this.#serversIn(text)
    if (before.has(this.#server.name)) {
      const what = `${this.path} has an MCP server named ${this.#server.name} that is not Muster's`
      throw new InstallError('config_taken', what, 'Nothing was written. Rename or remove it, then install again.')
    }
    const splice = { offset: text.length, length: 0, text: this.#block(text) }
    const appended = applySplices(text, [splice])
    if (await this.#isMeant(appended, before)) return { text: appended, undo: invertSplices(text, [splice]), made: [] }
    const edited = await this.#editedByCodex(text)
    return { text: edited, undo: [spliceBetween(edited, text)], made: [] }
  }

  isEmpty(text: string): boolean {
    return text.trim() === ''
  }

  /** The statements of our server: its table, the pairs in it, and those of its own tables with their keys in full. */
  #statements(text: string): Statement[] {
    let inside: readonly string[] | undefined
    return (tomlStatements(text) ?? []).flatMap((statement) => {
      if (statement.kind === 'table') {
        const [section, name, ...rest] = statement.path
        inside = section === SECTION && name === this.#server.name ? rest : undefined
        return inside ? [statement] : []
      }
      return inside ? [{ ...statement, path: [...inside, ...statement.path] }] : []
    })
  }

  #ownLine(text: string): string | undefined {
    const pairs = this.#statements(text).filter(({ kind }) => kind === 'pair')
    const stringsOf = (key: string) => pairs.find(({ path }) => path.join('.') === key)?.strings ?? []
    return MUSTERS_OWN.serverCommand({ command: stringsOf('command')[0] ?? '', args: stringsOf('args') })
  }

  #block(text: string): string {
    const eol = text.includes('\r\n') ? '\r\n' : '\n'
    const { name, command, args, env } = this.#server
    const assignments = Object.entries(env).map(([key, value]) => `${key} = ${tomlString(value)}`)
    const lines = [
      BEGIN,
      `[${SECTION}.${name}]`,
      `command = ${tomlString(command)}`,
      `args = [${args.map(tomlString).join(', ')}]`,
      `startup_timeout_sec = ${STARTUP_TIMEOUT_SEC}`,
      ...(assignments.length > 0 ? [`[${SECTION}.${name}.env]`, ...assignments] : []),
      END,
    ]
    const lead = text === '' ? '' : `${/[\r\n]$/.test(text) ? '' : eol}${eol}`
    return lead + lines.map((line) => line + eol).join('')
  }

  /** Whether Codex sees the server as meant, and all others as before. */
  async #isMeant(text: string, before: ReadonlyMap<string, string>): Promise<boolean> {
    const after = await this.#serversIn(text).catch(() => undefined)
    const own = after?.get(this.#server.name)
    if (!after || own === undefined || !isServer(own, this.#server)) return false
    return [...before].every(([name, of]) => after.get(name) === of) && after.size === before.size + 1
  }

  /** The servers of a configuration as Codex reads them, each as its JSON. @throws InstallError where Codex refuses the file */
  async #serversIn(text: string): Promise<ReadonlyMap<string, string>> {
    return await this.#withCopy(text, async (run) => {
      const ran = await run('mcp', 'list', '--json')
      if (ran.status !== 0) throw this.#refusedBy(saidBy(ran))
      const servers = JSON.parse(ran.stdout) as readonly { readonly name: string }[]
      return new Map(servers.map((server) => [server.name, JSON.stringify(server)]))
    })
  }

  async #editedByCodex(text: string): Promise<string> {
    return await this.#withCopy(text, async (run, copy) => {
      const { name, command, args, env } = this.#server
      const settings = Object.entries(env).flatMap(([key, value]) => ['--env', `${key}=${value}`])
      const ran = await run('mcp', 'add', name, ...settings, '--', command, ...args)
      if (ran.status !== 0) throw new InstallError('runtime_failed', `codex mcp add failed: ${saidBy(ran)}`, 'Nothing was written.')
      return await readFile(copy, 'utf8')
    })
  }

  /** A CODEX_HOME that holds nothing but a copy of the configuration. */
  async #withCopy<T>(text: string, use: (run: (...args: string[]) => ReturnType<typeof runProgram>, copy: string) => Promise<T>): Promise<T> {
    const program = this.#program
    if (program === undefined)
      throw new InstallError('runtime_not_found', 'there is no codex on the PATH', `It is asked whether it reads ${this.path} as meant.`)
    const folder = await mkdtemp(join(tmpdir(), 'muster-install-'))
    try {
      const copy = join(folder, 'config.toml')
      await writeFile(copy, text, { mode: 0o600 })
      const options = { env: { ...this.#env, CODEX_HOME: folder }, cwd: folder, timeoutMs: RUN_TIMEOUT_MS }
      return await use((...args) => runProgram(program, args, options), copy)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  #refusedBy(said: string): InstallError {
    const [, line, column, what] = /config\.toml:(\d+):(\d+): ([^\n]*)/.exec(said) ?? []
    if (what !== undefined) {
      return new InstallError('config_refused', `${this.path}: line ${line}, column ${column}: ${what}`, 'Nothing was written. Mend the file and try again.')
    }
    const reason =
      said
        .split(/Caused by:\s*/)
        .at(-1)
        ?.trim() ?? said
    return new InstallError('config_refused', `codex does not accept ${this.path}: ${reason}`, 'Nothing was written.')
  }
}

/** From the line of each table to the end of the line of its last pair. */
function regionsOf(text: string, statements: readonly Statement[]): Splice[] {
  const regions: { offset: number; end: number }[] = []
  for (const { kind, offset, end } of statements) {
    const last = regions.at(-1)
    if (kind === 'pair' && last) last.end = end
    else regions.push({ offset, end })
  }
  return regions.map(({ offset, end }) => wholeLines(text, offset, end))
}

/** The lines of the marks, where Codex has not dropped them, with the blank line before the first. */
function markersOf(text: string, tables: readonly Splice[]): Splice[] {
  const isFree = ({ offset, length }: Splice): boolean => tables.every((table) => offset + length <= table.offset || offset >= table.offset + table.length)
  return [...text.matchAll(/^# (?:>>>|<<<) muster\b[^\r\n]*/gm)]
    .filter(([line]) => line === BEGIN || line === END)
    .map(({ index, 0: line }) => {
      const lines = wholeLines(text, index, index + line.length)
      const blank = line === BEGIN ? (/(?<=\n)\r?\n$/.exec(text.slice(0, index))?.[0].length ?? 0) : 0
      return { ...lines, offset: lines.offset - blank, length: lines.length + blank }
    })
    .filter(isFree)
}

function wholeLines(text: string, offset: number, end: number): Splice {
  const start = text.lastIndexOf('\n', offset - 1) + 1
  const newline = text.indexOf('\n', end)
  return { offset: start, length: (newline === -1 ? text.length : newline + 1) - start, text: '' }
}

function isServer(json: string, { command, args, env }: CodexServer): boolean {
  const { transport } = JSON.parse(json) as { readonly transport?: { command?: unknown; args?: unknown; env?: unknown } }
  const wanted = [command, args, Object.entries(env)]
  return JSON.stringify([transport?.command, transport?.args, Object.entries(transport?.env ?? {})]) === JSON.stringify(wanted)
}

/** A basic string. Its escapes are those of JSON, except that DEL has to be escaped too. */
function tomlString(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f')
}
