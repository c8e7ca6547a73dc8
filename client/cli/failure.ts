import { ERRORS, MusterError } from '../../src/errors.ts'
import { ClientError } from '../client-error.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { candidatesOf, hintInCommands, messageOf } from './wording.ts'

/** A failure with its exit status and the line that says what would be accepted. Errors of the daemon stay `MusterError`s. */
export class CliError extends Error {
  readonly exit: ExitCode
  /** Stable in `--json`, like the codes of src/errors.ts. */
  readonly code: string
  readonly hint: string | undefined

  constructor(exit: ExitCode, code: string, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'CliError'
    this.exit = exit
    this.code = code
    this.hint = hint
  }
}

export function usageError(message: string, hint?: string): CliError {
  return new CliError(EXIT.usage, 'usage', message, hint)
}

/** What is shown of an error, on stderr and in `--json`. */
export interface Described {
  readonly exit: number
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly details: Readonly<Record<string, unknown>>
}

export function describeError(error: unknown): Described {
  if (error instanceof CliError) return { exit: error.exit, code: error.code, message: error.message, hint: error.hint, details: {} }
  if (error instanceof MusterError) {
    const { hint: _hint, ...details } = error.details
    return { exit: ERRORS[error.code].exit, code: error.code, message: messageOf(error), hint: hintOf(error), details }
  }
  if (error instanceof ClientError && error.code === 'aborted') {
    return { exit: EXIT.interrupted, code: 'interrupted', message: 'interrupted', hint: undefined, details: {} }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {
    exit: EXIT.internal,
    code: 'cli_failed',
    message: `unexpected failure: ${message}`,
    hint: 'This is a mistake in muster itself; MUSTER_DEBUG=1 shows where.',
    details: {},
  }
}

function hintOf(error: MusterError): string | undefined {
  const { hint } = error.details
  const parts = [typeof hint === 'string' ? hintInCommands(hint) : undefined, candidatesOf(error)].filter((part) => part !== undefined && part !== '')
  if (parts.length > 0) return parts.join(' ')
  return error.retryable ? 'The same command may succeed later.' : undefined
}
