import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { type Claimant, claimantOf, dropClaim, takeClaim } from './claims.ts'
import type { Door } from './door.ts'
import type { RuntimeDriver } from './driver.ts'
import { hashedName, sessionsFolder } from './session-files.ts'

/** Sessions of one runtime in one folder at a time that get a peer each; those beyond share the last one's. */
export const MAX_SLOTS = 99

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
  take(holder: Claimant): TakenSlot {
    for (let number = 1; number < MAX_SLOTS; number++) {
      const before = claimantOf(this.#path(number))
      if (takeClaim(this.#path(number), holder)) return { number, leftBy: before === holder.key ? undefined : before }
    }
    return { number: MAX_SLOTS, leftBy: undefined }
  }

  /** Which peer a slot is, for the daemon. */
  session(number: number): string {
    return `${this.#prefix}${number}`
  }

  /** Takes the slot of the peer that a resumed session has, if it is free: otherwise the two share the peer. */
  takeAgain(session: string, holder: Claimant): void {
    const number = this.#numberOf(session)
    if (number !== undefined) takeClaim(this.#path(number), holder)
  }

  /** The session is over; the next one may have its peer. */
  release(session: string, key: string): void {
    const number = this.#numberOf(session)
    if (number !== undefined) dropClaim(this.#path(number), key)
  }

  #numberOf(session: string): number | undefined {
    return session.startsWith(this.#prefix) ? Number(session.slice(this.#prefix.length)) : undefined
  }

  #path(number: number): string {
    return join(sessionsFolder(this.#door), `${hashedName(this.session(number))}${this.#door.suffix()}.slot`)
  }
}

function realPath(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return folder
  }
}
