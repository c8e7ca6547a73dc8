/** What can go wrong with the files of a workspace; the command line has the same codes (`CLI_ERRORS`). */
export type WorkspaceErrorCode =
  | 'usage'
  | 'no_workspace'
  | 'file_not_found'
  | 'file_exists'
  | 'file_unreadable'
  | 'file_unwritable'
  | 'config_changed'
  | 'not_yours'

export class WorkspaceError extends Error {
  readonly code: WorkspaceErrorCode
  /** What would be accepted, or what would help. */
  readonly hint: string

  constructor(code: WorkspaceErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'WorkspaceError'
    this.code = code
    this.hint = hint
  }
}

/** What the system said about a file, as an error of the workspace; anything else stays what it is. */
export function fileError(path: string, cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined
  if (code === undefined || cause instanceof WorkspaceError) return cause
  if (code === 'ENOENT') return new WorkspaceError('file_not_found', `there is no ${path}`, 'Nothing was changed.', cause)
  return new WorkspaceError('file_unwritable', `${path} cannot be read or written (${code})`, 'Look at its permissions, and at the room on the disk.', cause)
}
