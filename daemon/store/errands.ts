import type { Reader } from './store.ts'
import type { Tx } from './transaction.ts'

/** A row of the outbox that a service carries out, and not the daemon. */
export interface ErrandRow {
  readonly id: number
  readonly destination: string
  readonly payload: string
  readonly attempts: number
  readonly created_at: number
  readonly retry_at: number | null
}

const COLUMNS = 'id, destination, payload, attempts, created_at, retry_at'

/** Writes down what a service is to do; in order for each destination. */
export function enqueueErrand(tx: Tx, destination: string, payload: unknown): void {
  const insert = "INSERT INTO outbox (id, destination, payload, state, created_at) VALUES (?, ?, ?, 'waiting', ?)"
  tx.run(insert, tx.take('outbox'), destination, JSON.stringify(payload), tx.now)
}

/** The first that waits for a destination; whether its time has come, `retry_at` says. */
export function firstErrand(reader: Reader, destination: string): ErrandRow | undefined {
  return reader.get<ErrandRow>(`SELECT ${COLUMNS} FROM outbox WHERE destination = ? AND state = 'waiting' ORDER BY id LIMIT 1`, destination)
}

/** One that waits. */
export function findErrand(reader: Reader, id: number): ErrandRow | undefined {
  return reader.get<ErrandRow>(`SELECT ${COLUMNS} FROM outbox WHERE id = ? AND state = 'waiting'`, id)
}

export function endErrand(tx: Tx, id: number): void {
  tx.run('DELETE FROM outbox WHERE id = ?', id)
}

export function dropErrands(tx: Tx, destination: string): void {
  tx.run('DELETE FROM outbox WHERE destination = ?', destination)
}

/** It failed, and is tried again at a time (wall), or never: then it is dead. */
export function failErrand(tx: Tx, id: number, { retryAt, counts }: { readonly retryAt: number | null; readonly counts: boolean }): void {
  const state = retryAt === null ? 'dead' : 'waiting'
  tx.run('UPDATE outbox SET attempts = attempts + ?, state = ?, retry_at = ? WHERE id = ?', counts ? 1 : 0, state, retryAt, id)
}

/** Has the dead ones of a destination tried again, and what waits at once. */
export function reviveErrands(tx: Tx, destination: string): void {
  tx.run("UPDATE outbox SET state = 'waiting', attempts = 0, retry_at = NULL WHERE destination = ?", destination)
}

/** Whether so many of a destination wait or are dead. */
export function hasErrands(reader: Reader, destination: string, count: number): boolean {
  return reader.get('SELECT 1 FROM outbox WHERE destination = ? LIMIT 1 OFFSET ?', destination, count - 1) !== undefined
}

/** How many wait, and how many are dead. */
export function countErrands(reader: Reader, destination: string): { readonly waiting: number; readonly dead: number } {
  const rows = reader.all<{ state: string; n: number }>('SELECT state, count(*) AS n FROM outbox WHERE destination = ? GROUP BY state', destination)
  const of = (state: string) => rows.find((row) => row.state === state)?.n ?? 0
  return { waiting: of('waiting'), dead: of('dead') }
}
