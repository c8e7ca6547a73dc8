import type { Output } from '../../browser.ts'

type Status = Output<'node.status'>

/** Less than this on the disk of the database is said before it is full. */
const LOW_BYTES = 500_000_000

export interface HealthLine {
  readonly tone: 'good' | 'warn' | 'bad'
  /** What is wrong, the worst first; that all is well where nothing is. */
  readonly says: readonly string[]
}

/** How the daemon is, in one line. */
export function healthOf({ readOnly, services, storage, parkedPairs, deadLetters, search, retention }: Status): HealthLine {
  const low = storage.freeBytes !== null && storage.freeBytes < LOW_BYTES
  const bad = [
    ...(readOnly ? ['The disk is full: nothing can be stored'] : []),
    ...services.filter(({ state, failing }) => state === 'waiting' || failing > 0).map(({ name }) => `The ${name} does not do its work`),
  ]
  const warn = [
    ...(low && !readOnly ? ['The disk is nearly full'] : []),
    ...(deadLetters > 0 ? [count(deadLetters, 'message reached nobody', 'messages reached nobody')] : []),
    ...(parkedPairs > 0 ? [count(parkedPairs, 'pair of peers is parked', 'pairs of peers are parked')] : []),
    ...(search.failures > 0 ? ['The search is behind'] : []),
    ...(retention.heldUntil === null ? [] : ['The clock leapt ahead, so nothing is deleted']),
  ]
  if (bad.length + warn.length === 0) return { tone: 'good', says: ['All is well'] }
  return { tone: bad.length > 0 ? 'bad' : 'warn', says: [...bad, ...warn] }
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`
}
