import { crc32 } from 'node:zlib'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Tx } from './transaction.ts'

interface KeyRow {
  readonly hash: number
  readonly created: number
  readonly count: number
  readonly at: number
}

/** What a repeated command is recognised by: who sent it, which operation, and the key. */
export interface KeyedCommand {
  readonly actor: number
  readonly operation: string
  readonly key: string
  readonly input: unknown
}

/**
 * What an earlier success with the same key created, if it is still known: for 7 days at least, also where the clock leaps.
 *
 * @throws MusterError `idempotency_mismatch` when that one had another input
 */
export function findRepeat(tx: Tx, command: KeyedCommand): { readonly number: number; readonly count: number } | undefined {
  const row = tx.get<KeyRow>(
    'SELECT hash, created, count, at FROM idempotency WHERE actor = ? AND operation = ? AND key = ?',
    command.actor,
    command.operation,
    command.key,
  )
  if (!row) return undefined
  if (hashOf(command.input) !== row.hash) {
    throw new MusterError('idempotency_mismatch', { key: command.key, hint: 'Use a new key for a new input.' })
  }
  return { number: row.created, count: row.count }
}

/** Writes down a success; failures are not recorded, so that they may be tried again. */
export function rememberSuccess(tx: Tx, command: KeyedCommand, created: { readonly number: number; readonly count: number }): void {
  tx.run(
    'INSERT OR REPLACE INTO idempotency (actor, operation, key, hash, created, count, at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    command.actor,
    command.operation,
    command.key,
    hashOf(command.input),
    created.number,
    created.count,
    tx.now,
  )
}

/**
 * Length and CRC-32 of the input as JSON. It finds a caller's mistake, it keeps nobody out: a caller could deceive but itself.
 * SHA-256 cost 8 µs a command. Validated input has its fields in the order of the schema, so equal inputs have equal JSON.
 */
function hashOf(input: unknown): number {
  const text = JSON.stringify(input)
  return text.length * 2 ** 32 + crc32(text)
}

/** Where a sweep over the keys stands. */
export interface KeySweep {
  readonly actor: number
  readonly operation: string
  readonly key: string
}

/** Deletes keys past their time among the next `LIMITS.purgeRows`; the table has no index on time, so it is walked in its own order. */
export function purgeKeys(tx: Tx, after: KeySweep): { readonly next: KeySweep | undefined; readonly purged: number } {
  const rows = tx.all<KeySweep & { at: number }>(
    'SELECT actor, operation, key, at FROM idempotency WHERE (actor, operation, key) > (?, ?, ?) ORDER BY actor, operation, key LIMIT ?',
    after.actor,
    after.operation,
    after.key,
    LIMITS.purgeRows,
  )
  let purged = 0
  for (const row of rows) {
    if (row.at > tx.now - LIMITS.idempotencyMs) continue
    purged += tx.run('DELETE FROM idempotency WHERE actor = ? AND operation = ? AND key = ?', row.actor, row.operation, row.key)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1), purged }
}
