import { join } from 'node:path'
import type { Env } from './door.ts'
import { readJson } from './session-files.ts'

/**
 * Whether a Claude Code stands before a dialog, as it notes for `claude agents`; `undefined` where it does not say. Tried with 2.1.329: it says `waiting` while
 * the dialog is on the screen, and something else within 0.2 s of an answer.
 */
export function isAtDialog(env: Env, pid: number): boolean | undefined {
  const folder = env['CLAUDE_CONFIG_DIR'] || join(env['HOME'] ?? '', '.claude')
  const status = readJson(join(folder, 'sessions', `${pid}.json`))?.['status']
  return typeof status === 'string' ? status === 'waiting' : undefined
}
