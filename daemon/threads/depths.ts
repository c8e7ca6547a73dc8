import type { Value } from '../store/statements.ts'
import type { Reader } from '../store/store.ts'

export interface Depths {
  readonly openAsks: number
  readonly queued: number
  readonly deadLetters: number
  readonly parkedPairs: number
}

/** Counting stops here: what is deeper shows this many. */
const MAX_COUNTED = 100_000

/** How much is open, waits, is dead and is parked. */
export function depths(reader: Reader, now: number): Depths {
  return {
    openAsks: count(reader, 'SELECT 1 FROM open_asks'),
    queued: count(reader, "SELECT 1 FROM deliveries WHERE state IN ('queued', 'offered')"),
    deadLetters: count(reader, "SELECT 1 FROM deliveries WHERE state = 'dead'"),
    parkedPairs: count(reader, 'SELECT 1 FROM pairs WHERE parked_until > ?', now),
  }
}

function count(reader: Reader, sql: string, ...values: readonly Value[]): number {
  return reader.get<{ n: number }>(`SELECT count(*) AS n FROM (${sql} LIMIT ${MAX_COUNTED})`, ...values)?.n ?? 0
}
