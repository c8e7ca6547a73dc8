import type { AgentName } from './programs.ts'
import type { Sandbox } from './sandbox.ts'

/** What the tests have to know of one agent program. */
export interface AgentKind {
  readonly name: AgentName
  /** Writes what a person would have set up long ago: the model, no updates, a folder that is trusted. */
  configure(sandbox: Sandbox, modelUrl: string): void
  /** Writes what a person would to reach Muster over HTTP, without bridge and hooks. */
  addHttp(sandbox: Sandbox, url: string, token: string): void
  /** What is left to be done once Muster is installed. */
  afterInstall?(sandbox: Sandbox, program: string): Promise<void>
  env(modelUrl: string): Readonly<Record<string, string>>
  /** The arguments for one turn without a terminal, in a new session or in one to be resumed. */
  turn(prompt: string, resume?: string): readonly string[]
  /** What such a turn printed. */
  read(stdout: string): { readonly said: string; readonly session: string }
  /** The arguments for a session in a terminal. */
  interactive(resume?: string): readonly string[]
  /** Its screen when it waits for a prompt. */
  readonly ready: RegExp
}
