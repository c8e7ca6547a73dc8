import { createHash, timingSafeEqual } from 'node:crypto'
import { CROCKFORD } from '../../src/ids.ts'
import type { RandomBytes } from '../clock.ts'

/** Seven random characters, 35 bits, and one to tell a slip from a guess. */
const RANDOM_CHARS = 7
const GROUP = 4
/** What is easily taken for another character (https://www.crockford.com/base32.html). */
const LOOKALIKES: Readonly<Record<string, string>> = { o: '0', i: '1', l: '1' }

/** A one-time code as it is shown: `K7QM-2X4F`. */
export function newCode(random: RandomBytes): string {
  const text = Array.from(random(RANDOM_CHARS), (byte) => CROCKFORD[byte & 31]).join('')
  const whole = `${text}${checkOf(text)}`.toUpperCase()
  return `${whole.slice(0, GROUP)}-${whole.slice(GROUP)}`
}

/** A code as it was typed in its plain form; `undefined` where it cannot be one: a character is missing, wrong, or two have changed places. */
export function plainCode(typed: string): string | undefined {
  const plain = typed
    .toLowerCase()
    .replaceAll(/[\s-]/g, '')
    .replaceAll(/[oil]/g, (char) => LOOKALIKES[char] as string)
  const isCode = plain.length === RANDOM_CHARS + 1 && [...plain].every((char) => CROCKFORD.includes(char))
  return isCode && checkOf(plain.slice(0, RANDOM_CHARS)) === plain.at(-1) ? plain : undefined
}

/** Weighted by place with odd numbers, which have an inverse modulo 32: each single wrong character shows, and most swaps do. */
function checkOf(text: string): string {
  const sum = [...text].reduce((total, char, place) => total + (2 * place + 1) * CROCKFORD.indexOf(char), 0)
  return CROCKFORD[sum % CROCKFORD.length] as string
}

export function hashCode(plain: string): Uint8Array {
  return createHash('sha256').update(plain).digest()
}

export function isSame(hash: Uint8Array, other: Uint8Array): boolean {
  return timingSafeEqual(hash, other)
}

/** Four digits, each as likely as any other. */
export function newDigits(random: RandomBytes): string {
  for (;;) {
    const [high = 0, low = 0] = random(2)
    const number = high * 256 + low
    if (number < 60_000) return String(number % 10_000).padStart(4, '0')
  }
}
