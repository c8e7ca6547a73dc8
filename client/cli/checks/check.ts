import type { Invocation } from '../command.ts'

/** `off`: there is nothing to check, because nobody wants it. */
export type CheckState = 'ok' | 'warn' | 'fail' | 'off'

/** One change that is safe: it destroys nothing that anybody could want, and looks again at what justifies it just before. */
export interface Fix {
  /** In words, with the file: `chmod 600 …`. */
  readonly does: string
  /** @throws where it cannot be done, or is no longer justified */
  readonly apply: () => void
}

/** One thing that was looked at. */
export interface Finding {
  /** What it is about: the daemon, a runtime. */
  readonly subject: string
  /** What was looked at, in a word or two; stable, for programs. */
  readonly check: string
  readonly state: CheckState
  /** What was found, in one line. */
  readonly says: string
  /** `says` repeats what is not Muster's own, such as the command line of another program: nothing for a support bundle. */
  readonly quotes?: boolean
  /** What would help. */
  readonly hint?: string
  /** The same for programs. */
  readonly facts?: Readonly<Record<string, unknown>>
  /** What `--fix` may do about it. */
  readonly fixes?: readonly Fix[]
}

/** Something that `muster doctor` looks at. Changes nothing, and reports what fails as a finding instead of throwing it. */
export interface Check {
  run(invocation: Invocation): Promise<readonly Finding[]>
}
