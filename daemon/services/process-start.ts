import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const PS_TIMEOUT_MS = 1_000

/**
 * When a process started, in the system's own form, by which it is told apart from a later one of the same id. `undefined` where no
 * such process runs: one that has ended and was not collected does not.
 */
export function processStart(pid: number): string | undefined {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid)
}

/** Field 3 is the state and field 22 the start in ticks since the boot; the name before them may contain blanks (proc_pid_stat(5)). */
function fromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return /[ZX]/.test(fields[0] ?? '') ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function fromPs(pid: number): string | undefined {
  const options = { encoding: 'utf8', timeout: PS_TIMEOUT_MS, env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } } as const
  const { stdout, status } = spawnSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], options)
  const [, state = 'Z', start] = (status === 0 && /^\s*(\S+)\s+(.+?)\s*$/m.exec(stdout)) || []
  return state.startsWith('Z') ? undefined : start
}
