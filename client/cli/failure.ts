import { ERROR_STATUSES } from '../../src/error-statuses.ts'
import { MusterError } from '../../src/errors.ts'
import { ClientError } from '../client-error.ts'
import { EXIT, type ExitCode } from './exit-codes.ts'
import { candidatesOf, hintInCommands, messageOf } from './wording.ts'

/** What can go wrong on this side of the wire, and the exit status of each. The codes are stable in `--json`, like those of src/errors.ts. */
export const CLI_ERRORS = {
  usage: EXIT.usage,
  invalid_utf8: EXIT.usage,
  file_not_found: EXIT.notFound,
  file_unreadable: EXIT.failure,
  file_exists: EXIT.conflict,
  file_unwritable: EXIT.failure,
  not_running: EXIT.notRunning,
  not_started: EXIT.failure,
  not_ready: EXIT.timeout,
  port_taken: EXIT.conflict,
  daemon_silent: EXIT.temporary,
  still_stopping: EXIT.timeout,
  not_yours: EXIT.noPermission,
  no_log: EXIT.notFound,
  no_backup: EXIT.notFound,
  no_persona: EXIT.notFound,
  no_skill: EXIT.notFound,
  no_workspace: EXIT.notFound,
  backup_damaged: EXIT.failure,
  newer_schema: EXIT.failure,
  daemon_runs: EXIT.conflict,
  offline_failed: EXIT.failure,
  disconnected: EXIT.temporary,
  timeout: EXIT.timeout,
  interrupted: EXIT.interrupted,
  config_refused: EXIT.failure,
  config_changed: EXIT.temporary,
  config_taken: EXIT.conflict,
  runtime_not_found: EXIT.notFound,
  runtime_failed: EXIT.failure,
  daemon_running: EXIT.conflict,
  git_failed: EXIT.failure,
  service_unsupported: EXIT.failure,
  service_failed: EXIT.failure,
  cli_failed: EXIT.internal,
} as const satisfies Record<string, ExitCode>

export type CliErrorCode = keyof typeof CLI_ERRORS

/** A failure of the CLI itself. Errors of the daemon stay `MusterError`s. */
export class CliError extends Error {
  readonly code: CliErrorCode
  /** What would be accepted, or what would help. */
  readonly hint: string | undefined

  constructor(code: CliErrorCode, message: string, options: { readonly hint?: string; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'CliError'
    this.code = code
    this.hint = options.hint
  }

  get exit(): ExitCode {
    return CLI_ERRORS[this.code]
  }
}

export function usageError(message: string, hint: string): CliError {
  return new CliError('usage', message, { hint })
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
    return { exit: ERROR_STATUSES[error.code].exit, code: error.code, message: messageOf(error), hint: hintOf(error), details }
  }
  if (error instanceof ClientError && error.code === 'aborted') {
    return { exit: CLI_ERRORS.interrupted, code: 'interrupted', message: 'interrupted', hint: undefined, details: {} }
  }
  const message = error instanceof Error ? error.message : String(error)
  return {
    exit: CLI_ERRORS.cli_failed,
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
