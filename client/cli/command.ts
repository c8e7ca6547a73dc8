import type { Flags } from './arguments.ts'
import type { Environment } from './environment.ts'
import type { Flag } from './flags.ts'
import type { Output } from './output.ts'

/** What a command is given once its arguments have been read. */
export interface Invocation {
  readonly flags: Flags
  /** The arguments that are no flags. */
  readonly words: readonly string[]
  readonly out: Output
  readonly environment: Environment
}

/** One word after a command that has several things to do: `list` in `muster dead list`. */
export interface Action {
  /** In a few words, for completion. */
  readonly summary: string
  /** The arguments that it takes, in order; an optional one ends with `?`, one that stands for any number with `…`. */
  readonly words: readonly string[]
  /** Those of the command's flags that it takes. */
  readonly flags?: Readonly<Record<string, Flag>>
  /** Reads all of its arguments before it connects: a mistyped command must not join anybody as a peer. Resolves to the exit status. */
  readonly run: (invocation: Invocation) => Promise<number>
}

/** One word after `muster`. A module of `commands/` exports one of these, loaded only when it is asked for. */
export interface Command {
  /** One line per form, without the leading `muster`. */
  readonly usage: readonly string[]
  /** What it does, in sentences; shown by `--help`. */
  readonly about: readonly string[]
  readonly flags: Readonly<Record<string, Flag>>
  /** Lines to copy, each with its meaning. */
  readonly examples: readonly (readonly [line: string, meaning: string])[]
  /** Where it has several things to do; such a command is made by `family`. */
  readonly actions?: Readonly<Record<string, Action>>
  /** Resolves to the exit status. */
  readonly run: (invocation: Invocation) => Promise<number>
}
