/**
 * Every exit status of the CLI, held to `docs/cli.md` by a test. Errors of the daemon bring theirs from `ERROR_STATUSES[code].exit`
 * (src/errors.ts); the names here are for what the CLI itself decides. 64, 70, 75 and 77 are those of sysexits.h, 3 is what
 * init scripts answer for a program that is not running (LSB), 2 what wakes Claude Code from a background hook, 124 is that of timeout(1), 130 that of a shell after Ctrl-C.
 */
export const EXIT = {
  ok: 0,
  failure: 1,
  woken: 2,
  notRunning: 3,
  notFound: 4,
  conflict: 5,
  cursorExpired: 6,
  declined: 7,
  expired: 8,
  cancelled: 9,
  failed: 10,
  usage: 64,
  internal: 70,
  temporary: 75,
  noPermission: 77,
  timeout: 124,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]
