import { type ScryptOptions, scrypt } from 'node:crypto'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { plainPassphrase } from '../../src/plain-passphrase.ts'

/** What one guess costs. */
export interface Costs {
  readonly n: number
  readonly r: number
  readonly p: number
}

/**
 * Of what OWASP recommends the row that takes 32 MiB (https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html): as hard to guess
 * as those with more memory, which a container may not have. A fifth of a second of one core.
 */
export const COSTS: Costs = { n: 2 ** 15, r: 8, p: 3 }
export const SALT_BYTES = 16
const HASH_BYTES = 32

/** Stretches passphrases in a thread of Node's pool, one at a time: many at once would take the memory and the cores of everything else. */
export class Stretcher {
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0

  /** @throws MusterError `too_many_requests` */
  async stretch(passphrase: string, salt: Uint8Array, costs: Costs): Promise<Uint8Array> {
    if (this.#waiting >= LIMITS.maxWaitingPassphrases)
      throw new MusterError('too_many_requests', { limit: LIMITS.maxWaitingPassphrases, hint: 'Passphrases are looked at one after the other.' })
    this.#waiting += 1
    const mine = this.#last.then(() => stretched(plainPassphrase(passphrase), salt, costs))
    this.#last = mine.catch(() => undefined)
    return await mine.finally(() => {
      this.#waiting -= 1
    })
  }
}

function stretched(plain: string, salt: Uint8Array, { n, r, p }: Costs): Promise<Uint8Array> {
  // Node refuses what takes more than this; scrypt takes 128 * n * r bytes and a little.
  const options: ScryptOptions = { N: n, r, p, maxmem: 256 * n * r }
  return new Promise((resolve, reject) => {
    scrypt(plain, salt, HASH_BYTES, options, (error, hash) => (error ? reject(error) : resolve(hash)))
  })
}
