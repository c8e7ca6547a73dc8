import { createHash } from 'node:crypto'
import { CROCKFORD } from '../../src/ids.ts'
import type { RandomBytes } from '../clock.ts'

/** 120 bits: more than anybody guesses over a network, and short enough for the data of a button (64 bytes) and of a link to a bot. */
const CHARS = 24

/** A code or a nonce. It is stored as a hash. */
export function newSecret(random: RandomBytes): string {
  return Array.from(random(CHARS), (byte) => CROCKFORD[byte & 31]).join('')
}

export function hashSecret(secret: string): Uint8Array {
  return createHash('sha256').update(secret).digest()
}
