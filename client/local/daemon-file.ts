import { readFileSync, rmSync } from 'node:fs'
import type { MusterPaths } from '../../src/paths.ts'

/** What a running daemon says about itself in `daemon.json`. */
export interface DaemonFile {
  readonly pid: number
  readonly url: string
  readonly startedAt: string
  readonly version: string
}

/** `undefined` where there is none, or where it is unreadable: then nothing can be said about a daemon. */
export function readDaemonFile(paths: MusterPaths): DaemonFile | undefined {
  try {
    const { pid, url, startedAt, version } = JSON.parse(readFileSync(paths.daemonFile, 'utf8')) as Record<string, unknown>
    if (typeof pid !== 'number' || !Number.isSafeInteger(pid) || pid <= 1 || typeof url !== 'string' || !URL.canParse(url)) return undefined
    return { pid, url, startedAt: String(startedAt ?? ''), version: String(version ?? '') }
  } catch {
    return undefined
  }
}

/**
 * Removes the file that a daemon left behind. Read again first: another `muster up` may have started one in the meantime,
 * and its file must stay.
 */
export function removeStaleDaemonFile(paths: MusterPaths, stalePid: number): void {
  if (readDaemonFile(paths)?.pid === stalePid) rmSync(paths.daemonFile, { force: true })
}
