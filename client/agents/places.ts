import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { writePrivateFile } from '../local/private-file.ts'
import { isRunning } from '../local/process-facts.ts'
import type { ProcessInfo } from '../local/process-tree.ts'
import type { Door } from './door.ts'
import { hashedName, namesIn, readJson, sessionsFolder } from './session-files.ts'

/** A session that lives in an agent's process, as its hooks reported it: this is how the bridge of that process learns of it. */
export interface Place {
  /** How the runtime calls the session now. */
  readonly id: string
  /** How it called the session that goes on in it: the key of its credential. */
  readonly key: string
  readonly cwd: string
  /** Where Codex keeps its files, if not in the usual place. */
  readonly home: string | undefined
}

const PREFIX = 'at-'
/** Folders of dead processes removed at a time. */
const MAX_SWEPT = 50

type Agent = Pick<ProcessInfo, 'pid' | 'startedAt'>

export function recordPlace(door: Door, agent: Agent, place: Place): void {
  writePrivateFile(join(folderOf(door, agent), `${hashedName(place.id)}.json`), JSON.stringify(place))
}

export function forgetPlace(door: Door, agent: Agent, id: string): void {
  rmSync(join(folderOf(door, agent), `${hashedName(id)}.json`), { force: true })
}

/** The sessions in a process, the newest first. */
export function placesOf(door: Door, agent: Agent): Place[] {
  const folder = folderOf(door, agent)
  const found = namesIn(folder).flatMap((name) => {
    const path = join(folder, name)
    const place = toPlace(readJson(path))
    return place ? [{ place, at: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }] : []
  })
  return found.sort((a, b) => b.at - a.at).map(({ place }) => place)
}

/** Removes what processes that are gone left behind. */
export function sweepPlaces(door: Door): void {
  const folder = sessionsFolder(door)
  const dead = namesIn(folder).filter((name) => name.startsWith(PREFIX) && !isRunning(Number(name.slice(PREFIX.length).split('-', 1)[0])))
  for (const name of dead.slice(0, MAX_SWEPT)) rmSync(join(folder, name), { recursive: true, force: true })
}

function folderOf(door: Door, { pid, startedAt }: Agent): string {
  return join(sessionsFolder(door), `${PREFIX}${pid}-${startedAt.replace(/[^\w-]/g, '')}`)
}

function toPlace(fields: Readonly<Record<string, unknown>> | undefined): Place | undefined {
  const { id, key, cwd, home } = fields ?? {}
  if (typeof id !== 'string' || typeof key !== 'string' || typeof cwd !== 'string') return undefined
  return { id, key, cwd, home: typeof home === 'string' ? home : undefined }
}
