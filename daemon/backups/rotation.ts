import { readdirSync, rmSync } from 'node:fs'
import { join, normalize } from 'node:path'
import { formatTime } from '../../src/time.ts'
import { isBackup } from './manifest.ts'

const NAME = /^muster-\d{4}-\d{2}-\d{2}T\d{2}-\d{2}-\d{2}Z$/

/** The name of one among several backups in a folder, in UTC; in order of their text they are in order of time. */
function nameAt(epochMs: number): string {
  return `muster-${formatTime(epochMs).slice(0, 19).replaceAll(':', '-')}Z`
}

/** The backups in a folder that were named by {@link nameAt}, oldest first. */
export function backupsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => NAME.test(name) && isBackup(join(folder, name)))
    .sort()
}

/** Where a backup goes: the folder itself, or, where some are kept, one of its own in there, and then the oldest go. */
export function targetOf({ path, keep }: { readonly path: string; readonly keep?: number | undefined }, now: number) {
  const folder = normalize(path)
  const name = nameAt(now)
  if (keep === undefined) return { target: folder, rotate: (): string[] => [] }
  return { target: join(folder, name), rotate: () => rotate(folder, keep, name) }
}

/**
 * Removes the oldest backups but `keep`, never the one just written: the clock may have been set back. What is no backup of
 * that name is not touched.
 */
function rotate(folder: string, keep: number, written: string): string[] {
  const others = backupsIn(folder).filter((name) => name !== written)
  const gone = others.slice(0, Math.max(0, others.length - (keep - 1)))
  for (const name of gone) rmSync(join(folder, name), { recursive: true, force: true })
  return gone
}
