import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Door } from './door.ts'
import type { RuntimeDriver } from './driver.ts'

/** The files of one session, beside each other in the state folder. */
export interface SessionFiles {
  /** The credential; made once and then only replaced as a whole. */
  readonly credential: string
  /** What the hooks of the session remember. */
  readonly memory: string
  /** The ids of messages that were handed over and not proven to be seen, one a line. */
  readonly handed: string
  /** Which process waits to wake the session. */
  readonly waiter: string
  /** The session that goes on under this id. */
  readonly alias: string
  /** Which runner drives the session. */
  readonly runner: string
  readonly log: string
}

/** Names files; enough of it that two sessions never meet. */
const HASH_CHARS = 24
const MAX_LOG_BYTES = 65_536
/** Only the hooks of a session empty its list; one without hooks must not grow it for ever. */
const MAX_LIST_BYTES = 65_536

export function sessionsFolder(door: Pick<Door, 'paths'>): string {
  return join(door.paths.state, 'sessions')
}

/** Ids come from programs that we do not control, so they are hashed into names. */
export function hashedName(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, HASH_CHARS)
}

/** @param key how the runtime calls the session */
export function sessionFiles(door: Door, runtime: RuntimeDriver['name'], key: string): SessionFiles {
  const base = join(sessionsFolder(door), `${runtime}-${hashedName(key)}${door.suffix()}`)
  return {
    credential: `${base}.json`,
    memory: `${base}.memory.json`,
    handed: `${base}.handed`,
    waiter: `${base}.waiter`,
    alias: `${base}.alias`,
    runner: `${base}.runner`,
    log: `${base}.log`,
  }
}

/** `undefined` where it is not there, or is no JSON object. */
export function readJson(path: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    // Somebody else's file, or half a file of a full disk: as good as none.
    return undefined
  }
}

/** Hooks must stay silent towards their runtime; here is where they say what went wrong. Never fails. */
export function logLine(path: string, text: string, now: Date): void {
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(path, `${path}.1`)
    appendFileSync(path, `${now.toISOString()} ${text.replace(/\s+/g, ' ')}\n`, { mode: 0o600 })
  } catch {
    // A full disk; there is nobody left to tell.
  }
}

/** What is in a folder; nothing where it is not there. */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // No session has been here.
    return []
  }
}

/** Lines of a small file; none where it is not there. */
export function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch {
    return []
  }
}

export function appendLines(path: string, lines: readonly string[]): void {
  if (lines.length === 0) return
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > MAX_LIST_BYTES) remove(path)
  // One write: lines of two processes do not mix (open(2), O_APPEND).
  appendFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
}

export function remove(path: string): void {
  rmSync(path, { force: true })
}
