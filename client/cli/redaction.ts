import { homedir } from 'node:os'

/** Makes text safe to give away. */
export type Redact = (text: string) => string

export const REDACTED = '[redacted]'

/** Shorter ones would be found in ordinary words. */
const MIN_SECRET_CHARS = 8
/** Long runs without a blank that look drawn by lot: tokens, keys, hashes. Ids of ours are shorter; a path is taken apart by its slashes. */
const RANDOM_LOOKING = /(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_+-]*\d)(?=[A-Za-z0-9_+-]*[A-Za-z])[A-Za-z0-9_+-]{24,}={0,2}/g
const AUTHORIZATION = /\b(bearer|basic|token|password|secret|api[_-]?key)(["']?\s*[:=]?\s*["']?)[^\s"',;]+/gi
const URL_SECRETS = /\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi
const URL_QUERY = /(\b[a-z][a-z0-9+.-]*:\/\/[^\s?#"']+)\?[^\s"']*/gi

/** @param secrets values that are known to be secret, wherever they stand */
export function createRedact(secrets: readonly string[], home: string = homedir()): Redact {
  const known = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARS)
  return (text) => {
    let safe = text
    for (const secret of known) safe = safe.replaceAll(secret, REDACTED)
    safe = safe
      .replace(URL_SECRETS, `$1${REDACTED}@`)
      .replace(URL_QUERY, `$1?${REDACTED}`)
      .replace(AUTHORIZATION, `$1$2${REDACTED}`)
      .replace(RANDOM_LOOKING, REDACTED)
    return home.length > 1 ? safe.replaceAll(home, '~') : safe
  }
}

/** What the daemon's log may say of itself; everything else in a line is left out, since an error may quote what somebody wrote. */
const LOG_NUMBERS = ['level', 'time', 'pid', 'lost', 'byMs'] as const
const LOG_WORDS = {
  version: /^\d+\.\d+\.\d+(?:-[a-z]+\.\d+)?$/,
  incarnation: /^[0-9a-z]{6}$/,
  durability: /^(?:full|os)$/,
  code: /^[A-Z][A-Z0-9_]{1,40}$/,
} as const
const ERROR_TYPE = /^[A-Za-z]{1,40}$/
const FRAME = /^\s*at .*?([\w.-]+\.[cm]?[jt]s:\d+(?::\d+)?)\)?$/

/**
 * One line of the daemon's log, as far as it can hold nothing of anybody else: the words of the daemon's own that `isOwn` knows, its numbers,
 * and of an error its kind, its code and where it happened.
 */
export function redactLogLine(line: string): unknown {
  const entry = parse(line)
  if (!entry) return { leftOut: `${line.length} characters` }
  const kept: Record<string, unknown> = {}
  for (const name of LOG_NUMBERS) if (typeof entry[name] === 'number') kept[name] = entry[name]
  for (const [name, form] of Object.entries(LOG_WORDS)) if (typeof entry[name] === 'string') kept[name] = inForm(entry[name], form)
  if (typeof entry['msg'] === 'string') kept['msg'] = LOG_MESSAGES.has(entry['msg']) ? entry['msg'] : REDACTED
  const { err } = entry
  if (typeof err === 'object' && err !== null) kept['err'] = redactError(err as Record<string, unknown>)
  return kept
}

function redactError({ type, code, stack }: Readonly<Record<string, unknown>>): object {
  const frames = typeof stack === 'string' ? stack.split('\n').flatMap((line) => FRAME.exec(line)?.[1] ?? []) : []
  return {
    ...(typeof type === 'string' && { type: inForm(type, ERROR_TYPE) }),
    ...(typeof code === 'string' && { code: inForm(code, LOG_WORDS.code) }),
    at: frames,
  }
}

function inForm(text: string, form: RegExp): string {
  return form.test(text) ? text : REDACTED
}

/** The sentences of the daemon's log. A test holds this list to its sources. */
export const LOG_MESSAGES: ReadonlySet<string> = new Set([
  'ready',
  'listening with TLS',
  'a device was paired',
  'a pairing was refused',
  'a wrong passphrase was given',
  'a passphrase could not be looked at',
  'stopping',
  'stopped',
  'connected',
  'a scan failed',
  'bad frame',
  'MCP request refused',
  'unexpected error',
  'uncaught exception',
  'could not start',
  'could not stop in order',
  'COMMIT failed: stopping, to recover from the disk at the next start',
  'the clock jumped, or the machine slept',
  'lines lost',
  'backup written',
  'no backup was written',
  'another life of the database begins: ids stay, event cursors have expired',
  'the clock is far ahead of the last look: nothing is purged for a day',
  'the database is damaged: stopping',
  'a service started',
  'a service ended: it is started again',
  'a service could not be started',
  'a service says',
])

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined
  } catch {
    // The last words of a crash, which may quote anything.
    return undefined
  }
}
