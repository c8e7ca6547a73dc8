import type { MusterPaths } from '../../src/paths.ts'
import { type DaemonFile, readDaemonFile } from '../local/daemon-file.ts'
import { commandLine, isRunning } from '../local/process-facts.ts'
import { askHealth } from './health.ts'

/**
 * What is known of the daemon of these paths.
 *
 * | kind | daemon.json | process | /health |
 * |---|---|---|---|
 * | `none` | no | | |
 * | `running` | yes | runs | answers with that pid |
 * | `stale` | yes | is gone, or is another program by now | |
 * | `silent` | yes | may be our daemon | does not answer, or answers for another |
 */
export type DaemonSearch =
  | { readonly kind: 'none' }
  | { readonly kind: 'running'; readonly file: DaemonFile; readonly version: string }
  | { readonly kind: 'stale'; readonly file: DaemonFile }
  | { readonly kind: 'silent'; readonly file: DaemonFile }

export async function findDaemon(paths: MusterPaths): Promise<DaemonSearch> {
  const file = readDaemonFile(paths)
  if (!file) return { kind: 'none' }
  const health = await askHealth(file.url)
  if (health?.pid === file.pid) return { kind: 'running', file, version: health.version }
  return { kind: mayBeDaemon(file.pid) ? 'silent' : 'stale', file }
}

/** A pid is used again by other programs; where the command line cannot be seen, the doubt counts for the daemon. */
function mayBeDaemon(pid: number): boolean {
  if (!isRunning(pid)) return false
  const command = commandLine(pid)
  return command === undefined || /daemon[/\\]bin\.[jt]s/.test(command)
}
