import { randomUUID } from 'node:crypto'
import { realpathSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { createPrivateFile } from '../local/private-file.ts'
import { isStillRunning, lookAtProcess, type ProcessInfo } from '../local/process-tree.ts'
import type { Door } from './door.ts'
import type { RuntimeDriver } from './driver.ts'
import { hashedName, readJson, remove, sessionsFolder } from './session-files.ts'

/** Sessions of one runtime in one folder at a time that get a peer each; those beyond share the last one's. */
export const MAX_SLOTS = 99

/** Who holds a slot: a session, for as long as the process in which it lives. */
export interface SlotHolder {
  readonly key: string
  readonly agent: Pick<ProcessInfo, 'pid' | 'startedAt'> | undefined
}

/** A slot that was taken. */
export interface TakenSlot {
  /** From 1 on. */
  readonly number: number
  /** The session that held it until its process was gone: it did not end in order, and may have mail in hand. */
  readonly leftBy: string | undefined
}

/**
 * A peer outlives its sessions: it belongs to a runtime and a folder, and to a number where several sessions live there at once.
 * A new session takes the lowest number that no living one holds, and with it the mailbox and whatever is owed.
 */
export class Slots {
  readonly #door: Door
  readonly #prefix: string

  constructor(door: Door, driver: RuntimeDriver, cwd: string) {
    this.#door = door
    this.#prefix = `slot:${driver.name}:${hashedName(realPath(cwd))}:`
  }

  /** Takes the lowest slot that is free, or that this session holds already. */
  take(holder: SlotHolder): TakenSlot {
    for (let number = 1; number < MAX_SLOTS; number++) {
      const before = readJson(this.#path(number))?.['key']
      if (this.#claim(number, holder)) return { number, leftBy: typeof before === 'string' && before !== holder.key ? before : undefined }
    }
    return { number: MAX_SLOTS, leftBy: undefined }
  }

  /** Which peer a slot is, for the daemon. */
  session(number: number): string {
    return `${this.#prefix}${number}`
  }

  /** Takes the slot of the peer that a resumed session has, if it is free: otherwise the two share the peer. */
  takeAgain(session: string, holder: SlotHolder): void {
    const number = this.#numberOf(session)
    if (number !== undefined) this.#claim(number, holder)
  }

  /** The session is over; the next one may have its peer. */
  release(session: string, key: string): void {
    const number = this.#numberOf(session)
    if (number !== undefined && readJson(this.#path(number))?.['key'] === key) remove(this.#path(number))
  }

  #claim(number: number, holder: SlotHolder): boolean {
    const path = this.#path(number)
    const claim = JSON.stringify({ key: holder.key, pid: holder.agent?.pid, startedAt: holder.agent?.startedAt })
    if (createPrivateFile(path, claim)) return true
    const held = readJson(path)
    if (held?.['key'] === holder.key) return true
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

  #numberOf(session: string): number | undefined {
    return session.startsWith(this.#prefix) ? Number(session.slice(this.#prefix.length)) : undefined
  }

  #path(number: number): string {
    return join(sessionsFolder(this.#door), `${hashedName(this.session(number))}${this.#door.suffix()}.slot`)
  }
}

/** A claim without a process, or one that is no claim, keeps nobody out. */
function isAlive(claim: Readonly<Record<string, unknown>> | undefined): boolean {
  const { pid, startedAt } = claim ?? {}
  return typeof pid === 'number' && typeof startedAt === 'string' && isStillRunning({ pid, startedAt }, lookAtProcess)
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
