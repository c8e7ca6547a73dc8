/** Why nothing, or not all, could be installed. The command line shows these under the same codes. */
export type InstallErrorCode =
  /** A file that cannot be edited safely: broken, of another shape, read-only, not UTF-8. */
  | 'config_refused'
  /** A file changed between being read and being written. */
  | 'config_changed'
  /** Something of this name is there and is not Muster's. */
  | 'config_taken'
  | 'runtime_not_found'
  /** The runtime's own command failed. */
  | 'runtime_failed'

export class InstallError extends Error {
  readonly code: InstallErrorCode
  /** What would help. */
  readonly hint: string | undefined

  constructor(code: InstallErrorCode, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'InstallError'
    this.code = code
    this.hint = hint
  }
}
