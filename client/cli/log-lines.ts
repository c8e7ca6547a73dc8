import { safeLine } from './text.ts'
import { clockTime } from './when.ts'

/** The levels of pino (https://getpino.io/#/docs/api?id=loggerlevels-object). */
const LEVELS: Readonly<Record<number, string>> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' }
/** Shown in their own places, or the same on every line. */
const PLACED = new Set(['level', 'time', 'msg', 'pid', 'hostname', 'v', 'name'])

export type LogEntry = Readonly<Record<string, unknown>>

/** One line of the daemon's log; `undefined` for what did not come from its logger, such as a stack trace. */
export function parseLogLine(line: string): LogEntry | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const entry: unknown = JSON.parse(line)
    return typeof entry === 'object' && entry !== null ? (entry as LogEntry) : undefined
  } catch {
    // The daemon was killed while it wrote.
    return undefined
  }
}

/** `14:03:22 info  listening url=http://127.0.0.1:6878`. */
export function formatLogLine(line: string, nowMs: number): string {
  const entry = parseLogLine(line)
  if (!entry) return safeLine(line)
  const time = entry['time']
  const at = typeof time === 'number' || typeof time === 'string' ? clockTime(time, nowMs) : '-'
  return `${at} ${levelOf(entry).padEnd(5)} ${describeLogLine(line)}`
}

/** The message and the fields of a line, without its time and level. */
export function describeLogLine(line: string): string {
  const entry = parseLogLine(line)
  if (!entry) return safeLine(line)
  const fields = Object.entries(entry)
    .filter(([name]) => !PLACED.has(name))
    .map(([name, value]) => `${name}=${fieldText(value)}`)
  return safeLine([String(entry['msg'] ?? ''), ...fields].filter((part) => part !== '').join(' '))
}

function levelOf(entry: LogEntry): string {
  const level = entry['level']
  return typeof level === 'number' ? (LEVELS[level] ?? String(level)) : String(level ?? '-')
}

function fieldText(value: unknown): string {
  if (typeof value === 'string') return /[\s"]/.test(value) ? JSON.stringify(value) : value
  // An error is an object of which the sentence matters here; --json has the stack.
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  return JSON.stringify(value) ?? String(value)
}
