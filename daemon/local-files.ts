import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { MusterPaths } from '../src/paths.ts'
import type { RandomBytes } from './clock.ts'
import type { Core } from './core.ts'
import { mintCredential, mintEnrolment } from './peers/credentials.ts'

/**
 * Makes sure that the two local token files hold tokens that work: one administers the node, one mints agents and services
 * in the circle `main`. A file that works is left alone.
 */
export async function ensureLocalTokens(core: Core, paths: MusterPaths, random: RandomBytes): Promise<void> {
  if (!works(core, paths.adminToken)) {
    const { token } = await core.pipeline.execute((tx) => mintCredential(tx, random, null, 'local file'))
    writePrivate(paths.adminToken, `${token}\n`)
  }
  if (!works(core, paths.enrolmentToken)) {
    const draft = { circle: 'main', roles: ['agent', 'service'], label: 'local file', maxUses: null, expiresAt: null } as const
    const { token } = await core.pipeline.execute((tx) => mintEnrolment(tx, random, draft))
    writePrivate(paths.enrolmentToken, `${token}\n`)
  }
}

function works(core: Core, path: string): boolean {
  try {
    const token = readFileSync(path, 'utf8').trim()
    chmodSync(path, 0o600)
    return core.gateway.authenticate(token) !== undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** What programs on this machine need to find the daemon. */
export interface DaemonFile {
  readonly pid: number
  readonly url: string
  readonly startedAt: string
  readonly version: string
}

/** @returns what removes the file, if it is still this process's: a successor may have written its own by then */
export function writeDaemonFile(path: string, content: DaemonFile): () => void {
  writePrivate(path, `${JSON.stringify(content)}\n`)
  return () => {
    if (pidIn(path) === content.pid) rmSync(path, { force: true })
  }
}

function pidIn(path: string): number | undefined {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as DaemonFile).pid
  } catch {
    return undefined
  }
}

/** Replaces a file atomically; only its owner may read it. */
function writePrivate(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.${process.pid}.tmp`
  writeFileSync(temporary, text, { mode: 0o600 })
  renameSync(temporary, path)
}
