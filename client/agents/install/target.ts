import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { RuntimeDriver } from '../driver.ts'
import type { Editor } from './editor.ts'
import type { MusterCommand } from './muster-command.ts'

/** How the MCP server is called in every runtime; tools are named after it. */
export const SERVER_NAME = 'muster'

/** For this user, or for those who work in one folder. */
export const SCOPES = ['user', 'project'] as const
export type Scope = (typeof SCOPES)[number]

/** Where something is installed, and from where. */
export interface Site {
  readonly scope: Scope
  readonly env: Readonly<Record<string, string | undefined>>
  readonly home: string
  /** The folder that the scope `project` means. */
  readonly project: string
  /** Where Muster keeps what it remembers. */
  readonly state: string
  readonly command: MusterCommand
  /** Whether people are asked for what the runtime asks its user. */
  readonly cards?: boolean
  /** The runtime's own program; `undefined` where it is not on the PATH. */
  readonly program: string | undefined
}

/** What a runtime says of Muster's MCP server. */
export interface Health {
  readonly ok: boolean
  /** In one line. */
  readonly said: string
}

/** A command of the runtime itself, which changes a file that is the runtime's own business. */
export interface RuntimeCommand {
  readonly args: readonly string[]
}

/** An MCP entry in a file that only the runtime's own commands change. */
export interface OwnServer {
  readonly path: string
  /** Whether what belongs there is there, or something of Muster's that is to be replaced. @throws InstallError `config_taken`, `config_refused` */
  state(): Promise<'absent' | 'current' | 'stale'>
  readonly install: RuntimeCommand
  readonly uninstall: RuntimeCommand
  /** What the file would be after these commands: they are run on a copy. */
  preview(commands: readonly RuntimeCommand[]): Promise<{ readonly before: string | undefined; readonly after: string | undefined }>
  run(command: RuntimeCommand): Promise<void>
  /** The command line of what is there of Muster's. */
  find(): Promise<string | undefined>
}

/** What is to be known of a runtime to install Muster in it. */
export interface Target {
  readonly driver: RuntimeDriver
  /** Its program's name. */
  readonly program: string
  /** Where its configuration is. */
  folder(site: Site): string
  editors(site: Site): readonly Editor[]
  ownServer?(site: Site): OwnServer | undefined
  /** Something else that connects it to Muster already, and the command that takes that away. */
  rival(site: Site): Promise<{ readonly what: string; readonly removal: string } | undefined>
  /** Asks the runtime itself. */
  health(site: Site, program: string): Promise<Health>
  /** What a person does next, in a line or two. */
  next(site: Site): readonly string[]
}

/**
 * A folder without configuration of its own to ask a runtime in, so that it says what holds everywhere. Always the same one:
 * some runtimes remember each folder that they were ever started in.
 */
export async function neutralFolder({ state }: Site): Promise<string> {
  const folder = join(state, 'installed')
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}
