import { chmodSync, lstatSync, readdirSync, readFileSync, rmSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { MusterPaths } from '../../../src/paths.ts'
import { readDaemonFile, removeStaleDaemonFile } from '../../local/daemon-file.ts'
import { isRunning } from '../../local/process-facts.ts'
import { findDaemon } from '../daemon-search.ts'
import { plural } from '../text.ts'
import type { Check, Finding, Fix } from './check.ts'

const OF_OTHERS = 0o077
const WRITABLE_BY_OTHERS = 0o022
/** A file that is being written is renamed within moments. */
const DRAFT_AGE_MS = 600_000
const DRAFT = /\.(?:(\d+)\.tmp|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/

/** Muster's files here: who may read them, and what processes that are gone left behind. */
export const filesCheck: Check = {
  async run({ environment: { paths, now } }) {
    if (process.platform === 'win32') return [{ subject: 'files', check: 'permissions', state: 'off', says: 'Windows has none of this kind' }]
    return [permissionsFinding(paths), await discoveryFinding(paths), draftsFinding(paths, now()), lockFinding(paths)]
  },
}

interface Present {
  readonly path: string
  readonly stats: Stats
}

/** The folders in which all files are Muster's own, and private. */
function privateFolders({ state }: MusterPaths): readonly string[] {
  return [state, join(state, 'peers'), join(state, 'sessions')]
}

function privateFiles(paths: MusterPaths): readonly Present[] {
  const inFolders = privateFolders(paths).flatMap((folder) => entriesOf(folder))
  const database = entriesOf(dirname(paths.database)).filter(({ path }) => basename(path).startsWith(basename(paths.database)))
  return [...inFolders, ...database].filter(({ stats }) => stats.isFile())
}

function permissionsFinding(paths: MusterPaths): Finding {
  const about = { subject: 'files', check: 'permissions' }
  const files = privateFiles(paths)
  const folders = privateFolders(paths).flatMap((path) => present(path))
  if (folders.length === 0) return { ...about, state: 'off', says: `nothing in ${paths.state} yet` }
  const foreign = [...files, ...folders].filter(({ stats }) => stats.uid !== process.getuid?.())
  if (foreign[0]) {
    const says = `${foreign[0].path} belongs to user ${foreign[0].stats.uid}${foreign.length > 1 ? `, and ${foreign.length - 1} more` : ''}`
    return { ...about, state: 'fail', says, hint: `Run muster as the user that the daemon runs as, or give the files back: chown.` }
  }
  const open = files.filter(({ stats }) => (stats.mode & OF_OTHERS) !== 0)
  const writable = folders.filter(({ stats }) => (stats.mode & WRITABLE_BY_OTHERS) !== 0)
  const fixes = [...open.map(({ path }) => chmod(path, 0o600)), ...writable.map(({ path }) => chmod(path, 0o700))]
  if (fixes.length === 0) return { ...about, state: 'ok', says: `${plural(files.length, 'private file')}, for nobody else` }
  const says = `${plural(fixes.length, 'file')} that other users may read or change: ${[...open, ...writable].map(({ path }) => path).join(', ')}`
  return { ...about, state: 'fail', says, hint: 'muster doctor --fix closes them. Tokens that others may have read: muster token revoke.', fixes }
}

function chmod(path: string, mode: number): Fix {
  return {
    does: `chmod ${mode.toString(8)} ${path}`,
    apply() {
      const stats = lstatSync(path)
      // Through a link, or of somebody else, it would be another file than the one that was found.
      if (stats.isSymbolicLink() || stats.uid !== process.getuid?.()) throw new Error(`${path} is another file by now`)
      chmodSync(path, mode)
    },
  }
}

async function discoveryFinding(paths: MusterPaths): Promise<Finding> {
  const about = { subject: 'files', check: 'daemon.json' }
  const found = await findDaemon(paths)
  const isThere = present(paths.daemonFile).length > 0
  if (found.kind === 'none' && isThere) return { ...about, state: 'fail', says: `${paths.daemonFile} cannot be read`, hint: 'muster up writes it anew.' }
  if (found.kind !== 'stale') return { ...about, state: isThere ? 'ok' : 'off', says: isThere ? `names pid ${readDaemonFile(paths)?.pid}` : 'no daemon runs' }
  const { pid } = found.file
  const fix: Fix = { does: `remove ${paths.daemonFile} of pid ${pid}, which is gone`, apply: () => removeStaleDaemonFile(paths, pid) }
  return { ...about, state: 'warn', says: `left behind by pid ${pid}, which is gone`, hint: 'muster up removes it too.', fixes: [fix] }
}

function draftsFinding(paths: MusterPaths, nowMs: number): Finding {
  const about = { subject: 'files', check: 'temporary files' }
  const folders = new Set([...privateFolders(paths), paths.data])
  const orphans = [...folders].flatMap((folder) => entriesOf(folder)).filter((file) => isOrphan(file, nowMs))
  if (orphans.length === 0) return { ...about, state: 'ok', says: 'none left behind' }
  const fixes = orphans.map(({ path }) => ({
    does: `remove ${path}`,
    apply() {
      const [file] = present(path)
      if (file && isOrphan(file, nowMs)) rmSync(path)
    },
  }))
  const says = `${plural(orphans.length, 'file')} of processes that were killed while they wrote: ${orphans.map(({ path }) => path).join(', ')}`
  return { ...about, state: 'warn', says, hint: 'They harm nobody; muster doctor --fix removes them.', fixes }
}

/** A draft whose writer is gone, or too old to be being written. */
function isOrphan({ path, stats }: Present, nowMs: number): boolean {
  const draft = DRAFT.exec(path)
  if (!draft || !stats.isFile()) return false
  return draft[1] === undefined ? nowMs - stats.mtimeMs > DRAFT_AGE_MS : !isRunning(Number(draft[1]))
}

/** The operating system ends a lock with its process, so that none can be stale; but who holds it may not be who daemon.json names. */
function lockFinding(paths: MusterPaths): Finding {
  const about = { subject: 'files', check: 'lock' }
  const lock = statSync(`${paths.database}.lock`, { throwIfNoEntry: false })
  const table = readLocks()
  if (table === undefined) return { ...about, state: 'off', says: 'this system does not tell who holds it' }
  const holder = lock && lockHolder(table, lock.ino)
  if (holder === undefined) return { ...about, state: 'ok', says: 'nobody holds the database' }
  if (holder === readDaemonFile(paths)?.pid) return { ...about, state: 'ok', says: `held by the daemon, pid ${holder}` }
  const hint = `Where it is a daemon that lost its daemon.json: kill ${holder} stops it in an orderly way, then muster up.`
  return { ...about, state: 'warn', says: `pid ${holder} holds the database, and daemon.json does not name it`, hint }
}

/** The process that holds a write lock on a file, from the text of /proc/locks (proc_locks(5)). */
export function lockHolder(table: string, inode: number): number | undefined {
  const line = table.split('\n').find((text) => / WRITE /.test(text) && !text.includes('->') && text.includes(`:${inode} `))
  const pid = Number(line?.trim().split(/\s+/)[4])
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined
}

function readLocks(): string | undefined {
  try {
    return readFileSync('/proc/locks', 'utf8')
  } catch {
    return undefined
  }
}

function entriesOf(folder: string): readonly Present[] {
  try {
    return readdirSync(folder).flatMap((name) => present(join(folder, name)))
  } catch {
    // Not there, or not for this user, which its own entry tells.
    return []
  }
}

/** A link is left alone, whatever it leads to. */
function present(path: string): readonly Present[] {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats && !stats.isSymbolicLink() ? [{ path, stats }] : []
}
