/** The extended result code of SQLite, such as `SQLITE_IOERR_FSYNC`; empty for any other error. */
export function sqliteCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('SQLITE_') ? error.code : ''
}
