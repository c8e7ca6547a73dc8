import type { Invocation } from '../command.ts'

/** `off`: there is nothing to check, because nobody wants it. */
export type CheckState = 'ok' | 'warn' | 'fail' | 'off'

/** One thing that was looked at. */
export interface Finding {
  /** What it is about: the daemon, a runtime. */
  readonly subject: string
  /** What was looked at, in a word or two; stable, for programs. */
  readonly check: string
  readonly state: CheckState
  /** What was found, in one line. */
  readonly says: string
  /** What would help. */
  readonly hint?: string
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>
}

/** Something that `muster doctor` looks at. Changes nothing, and reports what fails as a finding instead of throwing it. */
export interface Check {
  run(invocation: Invocation): Promise<readonly Finding[]>
}
