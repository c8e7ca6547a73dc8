import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'

const PATIENCE_MS = 5_000
const LOOK_AGAIN_MS = 50

/**
 * The processes that have something to do with a folder, by their arguments or their environment: those that a test started there, and what these left
 * behind. A folder of a test has a random name, so nobody else's process can fit. One that has ended and waits for its parent shows neither.
 */
export function processesOf(folder: string): number[] {
  return processes()
    .filter(({ pid, facts }) => pid !== process.pid && facts.includes(folder))
    .map(({ pid }) => pid)
}

/** Ends all of them, first politely. Resolves when they are gone. */
export async function endProcesses(folder: string): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    const giveUpAt = performance.now() + PATIENCE_MS
    // Looked for anew each time: what is about to end may start something yet.
    for (let left = processesOf(folder); left.length > 0 && performance.now() < giveUpAt; left = processesOf(folder)) {
      for (const pid of left) tryKill(pid, signal)
      await setTimeout(LOOK_AGAIN_MS)
    }
  }
  const left = processesOf(folder)
  if (left.length > 0) throw new Error(`Processes that do not end: ${left.join(', ')}`)
}

/** Ends all of them as a power cut would. Resolves when they are gone. */
export async function killProcesses(folder: string): Promise<void> {
  for (let left = processesOf(folder); left.length > 0; left = processesOf(folder)) {
    for (const pid of left) tryKill(pid, 'SIGKILL')
    await setTimeout(LOOK_AGAIN_MS)
  }
}

function tryKill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended by itself.
  }
}

function processes(): { readonly pid: number; readonly facts: string }[] {
  if (process.platform === 'linux') return procfs()
  const lines = execFileSync('ps', ['-axEww', '-o', 'pid=,command='], { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }).split('\n')
  return lines.map((line) => ({ pid: Number.parseInt(line, 10), facts: line })).filter(({ pid }) => pid > 0)
}

function procfs(): { readonly pid: number; readonly facts: string }[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return []
    try {
      const read = (file: string) => readFileSync(`/proc/${name}/${file}`, 'utf8')
      return [{ pid: Number(name), facts: `${read('cmdline')}\0${read('environ')}` }]
    } catch {
      // It has ended, or is another user's.
      return []
    }
  })
}
