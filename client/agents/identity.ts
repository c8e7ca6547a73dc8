import { basename } from 'node:path'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { isName, nameFrom } from '../local/names.ts'
import { writePrivateFile } from '../local/private-file.ts'
import type { ProcessInfo } from '../local/process-tree.ts'
import { projectFiles, readSettingsFile } from '../local/settings-file.ts'
import type { Claimant } from './claims.ts'
import type { Door, Env } from './door.ts'
import type { HookCall, RuntimeDriver } from './driver.ts'
import { placesOf } from './places.ts'
import { readJson, sessionFiles } from './session-files.ts'
import { MAX_SLOTS, type Slots } from './slots.ts'

const MAX_ID_CHARS = 150

/** A session by its process, where its runtime gives it no id that hooks and bridge share. */
export function processKey({ pid, startedAt }: Pick<ProcessInfo, 'pid' | 'startedAt'>): string {
  return `pid:${pid}:${startedAt}`
}

/** The key of the session that the runtime calls `id`: its own, or that of the session which goes on under it. */
export function keyOf(door: Door, driver: RuntimeDriver, id: string): string {
  const key = readJson(sessionFiles(door, driver.name, id).alias)?.['key']
  return typeof key === 'string' ? key : id
}

/** The key of the session for which a hook fired, or at whose start a waiter was started. */
export function keyOfCall(door: Door, driver: RuntimeDriver, env: Env, call: HookCall, agent: ProcessInfo | undefined): string | undefined {
  const id = driver.sessions === 'id' ? asSessionId(call.sessionId ?? driver.sessionIn(env)) : undefined
  if (id === undefined) return agent && processKey(agent)
  return call.isCleared && agent ? continueAs(door, driver, id, agent) : keyOf(door, driver, id)
}

/**
 * The process goes on under another id, its context emptied: it stays the same session, with its peer and its mail. Returns its key.
 */
export function continueAs(door: Door, driver: RuntimeDriver, id: string, agent: ProcessInfo): string {
  const before = placesOf(door, agent)[0]
  const known = keyOf(door, driver, id)
  if (!before || before.id === id || known !== id) return known
  writePrivateFile(sessionFiles(door, driver.name, id).alias, JSON.stringify({ key: before.key }))
  return before.key
}

/** What the daemon takes for a session id: one line of bounded length. */
export function asSessionId(id: string | undefined): string | undefined {
  return id !== undefined && id.length <= MAX_ID_CHARS && /^[\x21-\x7e]+$/.test(id) ? id : undefined
}

/** Who a session joins as. */
export interface Wanted {
  /** Selects the peer: the same for every session that is to be this peer. */
  readonly session: string
  /** Names to try, the best first. */
  readonly names: () => Iterable<string>
  /** A session of that peer whose process is gone without an end. */
  readonly leftBy: string | undefined
}

/**
 * The peer of MUSTER_AS or of the project's `.muster.json`, which several sessions may share; otherwise that of a slot, named
 * after runtime and folder.
 *
 * @throws MusterError `invalid_input` where the given name is none
 */
export function wantedPeer(
  driver: RuntimeDriver,
  slots: Slots,
  { env, cwd, holder }: { readonly env: Env; readonly cwd: string; readonly holder: Claimant },
): Wanted {
  const given = env['MUSTER_AS'] || projectName(cwd)
  if (given === undefined) {
    const { number, leftBy } = slots.take(holder)
    return { session: slots.session(number), names: () => defaultNames(nameFrom(driver.shortName, basename(cwd)), number), leftBy }
  }
  if (!isName(given))
    throw new MusterError('invalid_input', { hint: 'Expected letters, digits, ".", "_" or "-".' }, { message: `"${given}" is no name of a peer.` })
  return { session: `name:${given.toLowerCase()}`, names: () => [given], leftBy: undefined }
}

/** `claude-web`, `claude-web-2`, …: from the slot's own number on, each for when those before it are taken by others. */
function* defaultNames(first: string, slot: number): Generator<string> {
  if (slot === 1) yield first
  // Room for the longest of the endings.
  const stem = first.slice(0, LIMITS.maxNameChars - `-${2 * MAX_SLOTS}`.length).replace(/[^A-Za-z0-9]+$/, '')
  for (let number = Math.max(2, slot); number <= 2 * MAX_SLOTS; number++) yield `${stem}-${number}`
}

/** "name" of the nearest `.muster.json` from the folder upwards that can be read: a broken one keeps no session from its work. */
function projectName(cwd: string): string | undefined {
  for (const path of projectFiles(cwd)) {
    try {
      const name = readSettingsFile(path)['name']
      return typeof name === 'string' && name !== '' ? name : undefined
    } catch {
      // The next one may do; `muster config list` says what is wrong with this one.
    }
  }
  return undefined
}
