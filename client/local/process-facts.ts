import { readFileSync } from 'node:fs'

/** Whether a process of that id runs. One that has ended but was not collected by its parent does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it runs, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return !isZombie(pid)
}

/** The command line, where the system shows it (Linux). */
export function commandLine(pid: number): string | undefined {
  const text = readProc(`/proc/${pid}/cmdline`)
  return text?.split('\0').join(' ').trim() || undefined
}

function isZombie(pid: number): boolean {
  // The state follows the name, which is in parentheses and may itself contain some (proc_pid_stat(5)).
  const stat = readProc(`/proc/${pid}/stat`)
  return stat !== undefined && /^\) [ZX]/.test(stat.slice(stat.lastIndexOf(')')))
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Not Linux, or the process has gone.
    return undefined
  }
}
