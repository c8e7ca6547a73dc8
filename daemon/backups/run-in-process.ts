import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { BackupError, type BackupErrorCode } from './manifest.ts'
import type { BackupProgress, BackupTask, WrittenBackup } from './write-backup.ts'

/** What `daemon/offline.ts` says, a line each. */
interface Told {
  readonly progress?: BackupProgress
  readonly done?: WrittenBackup
  readonly error?: { readonly code: BackupErrorCode | 'failed'; readonly message: string; readonly hint?: string }
}

/**
 * Writes a backup in a process of its own: copying, checking and flushing a large database takes seconds, in which the daemon
 * goes on. The process ends with its standard input, so that it does not outlive the daemon.
 */
export async function backUpInProcess(task: BackupTask, onProgress: (progress: BackupProgress) => void, signal: AbortSignal): Promise<WrittenBackup> {
  const compiled = import.meta.url.endsWith('.js')
  const entry = fileURLToPath(new URL(`../offline.${compiled ? 'js' : 'ts'}`, import.meta.url))
  const loader = compiled ? [] : ['--import', import.meta.resolve('tsx')]
  const child = spawn(process.execPath, [...loader, entry, 'write', JSON.stringify(task)], { stdio: ['pipe', 'pipe', 'ignore'] })
  const ended = once(child, 'close')
  // Awaited further down; a node that is gone since an upgrade fails before that.
  ended.catch(() => undefined)
  child.stdin.on('error', () => undefined)
  const stop = (): void => void child.stdin.end()
  signal.addEventListener('abort', stop, { once: true })
  let last: Told = {}
  try {
    for await (const text of createInterface({ input: child.stdout })) {
      const told = JSON.parse(text) as Told
      if (told.progress) onProgress(told.progress)
      else last = told
    }
    await ended
  } finally {
    signal.removeEventListener('abort', stop)
  }
  if (last.done) return last.done
  const { code = 'failed', message = 'the process that wrote it was stopped', hint = '' } = last.error ?? {}
  throw code === 'failed' ? new Error(message) : new BackupError(code, message, hint)
}
