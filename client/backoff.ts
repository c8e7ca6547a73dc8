import type { Random } from './clock.ts'

const FIRST_MS = 250
const LAST_MS = 15_000

/**
 * How long to wait before trying again.
 *
 * Upper bounds (ms): 250, 500, 1000, 2000, 4000, 8000, 15000, 15000, …; the wait is between half of that and all of it, so
 * that the peers of a restarted daemon do not all come back in the same instant.
 *
 * @param tries how many have failed before, from 0
 */
export function backoffMs(tries: number, random: Random): number {
  return Math.min(LAST_MS, FIRST_MS * 2 ** Math.min(tries, 10)) * (0.5 + random() / 2)
}
