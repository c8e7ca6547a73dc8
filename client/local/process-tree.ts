import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isRunning } from './process-facts.ts'

/** A process as the system shows it. With its start it is told apart from a later one of the same id. */
export interface ProcessInfo {
  readonly pid: number
  readonly parent: number
  /** In the system's own form: comparable, nothing else. */
  readonly startedAt: string
  readonly args: readonly string[]
}

export type LookAtProcess = (pid: number) => ProcessInfo | undefined

/** Deeper than agents, shells and package runners nest; a bound against a table that shows a circle. */
const MAX_DEPTH = 24
const PS_TIMEOUT_MS = 1_000

/** `undefined` for a process that is gone, or of a system that shows nothing. */
export const lookAtProcess: LookAtProcess = (pid) => (process.platform === 'linux' ? fromProc(pid) : fromPs(pid))

/** The process and those that started it, the nearest first. */
export function lineageOf(pid: number, look: LookAtProcess): ProcessInfo[] {
  const line: ProcessInfo[] = []
  for (let next = pid; next > 1 && line.length < MAX_DEPTH; ) {
    const found = look(next)
    if (!found) break
    line.push(found)
    next = found.parent
  }
  return line
}

/** Whether that very process still runs. */
export function isStillRunning({ pid, startedAt }: Pick<ProcessInfo, 'pid' | 'startedAt'>, look: LookAtProcess): boolean {
  return isRunning(pid) && look(pid)?.startedAt === startedAt
}

/** A variable of another process as it was when that started; only Linux shows it. */
export function variableOf(pid: number, name: string): string | undefined {
  try {
    const found = readFileSync(`/proc/${pid}/environ`, 'utf8')
      .split('\0')
      .find((entry) => entry.startsWith(`${name}=`))
    return found?.slice(name.length + 1) || undefined
  } catch {
    return undefined
  }
}

/** Field 4 is the parent and field 22 the start, in ticks since the boot; the name before them may contain blanks (proc_pid_stat(5)). */
function fromProc(pid: number): ProcessInfo | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
    return { pid, parent: Number(fields[1]), startedAt: fields[19] ?? '', args: args.slice(0, -1) }
  } catch {
    return undefined
  }
}

function fromPs(pid: number): ProcessInfo | undefined {
  const { stdout, status } = spawnSync('ps', ['-ww', '-o', 'ppid=,lstart=,command=', '-p', String(pid)], {
    encoding: 'utf8',
    timeout: PS_TIMEOUT_MS,
    env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
  })
  return status === 0 ? parsePs(pid, stdout) : undefined
}

/** One line of `ps -o ppid=,lstart=,command=`: `lstart` is five words, such as `Sat Nov 21 11:08:28 2026`. */
export function parsePs(pid: number, line: string): ProcessInfo | undefined {
  const parts = /^\s*(\d+)\s+(\w{3}\s+\w{3}\s+\d+\s+[\d:]+\s+\d{4})\s+(.*)$/m.exec(line)
  if (!parts) return undefined
  const [, parent, startedAt = '', command = ''] = parts
  return { pid, parent: Number(parent), startedAt: startedAt.replace(/\s+/g, '-'), args: command.split(' ') }
}
