import { randomUUID } from 'node:crypto'
import { renameSync } from 'node:fs'
import { createPrivateFile } from '../local/private-file.ts'
import { isStillRunning, lookAtProcess, type ProcessInfo } from '../local/process-tree.ts'
import { readJson, remove } from './session-files.ts'

/** Who holds a claim, for as long as a process lives. */
export interface Claimant {
  readonly key: string
  readonly agent: Pick<ProcessInfo, 'pid' | 'startedAt'> | undefined
}

/** Takes a claim that nobody living holds, or that this key holds already. Returns whether it is ours. */
export function takeClaim(path: string, { key, agent }: Claimant): boolean {
  const claim = JSON.stringify({ key, pid: agent?.pid, startedAt: agent?.startedAt })
  if (createPrivateFile(path, claim)) return true
  const held = readJson(path)
  if (held?.['key'] === key) return true
  if (isAlive(held)) return false
  // Of several that find it abandoned one moves it away; what another has claimed since is put back by a link, which replaces nothing.
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    return false
  }
  const moved = readJson(aside)
  remove(aside)
  if (moved?.['key'] !== held?.['key']) {
    createPrivateFile(path, JSON.stringify(moved))
    return false
  }
  return createPrivateFile(path, claim)
}

/** Whether a living process holds it. */
export function isClaimed(path: string): boolean {
  return isAlive(readJson(path))
}

/** Who holds it, or held it last. */
export function claimantOf(path: string): string | undefined {
  const key = readJson(path)?.['key']
  return typeof key === 'string' ? key : undefined
}

export function dropClaim(path: string, key: string): void {
  if (claimantOf(path) === key) remove(path)
}

/** A claim without a process, or one that is no claim, keeps nobody out. */
function isAlive(claim: Readonly<Record<string, unknown>> | undefined): boolean {
  const { pid, startedAt } = claim ?? {}
  return typeof pid === 'number' && typeof startedAt === 'string' && isStillRunning({ pid, startedAt }, lookAtProcess)
}
