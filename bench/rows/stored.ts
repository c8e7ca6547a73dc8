import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { musterPaths } from '../../src/paths.ts'
import { register, startMuster } from '../harness/muster.ts'
import { Connection, type Incoming } from '../load/connection.ts'
import { body } from '../load/measure.ts'

const HOLDERS = 20
/** Far above every number that the daemon has given out until then. */
const BASE = 1_000

/**
 * Fills a home with closed asks (two messages each) and open ones: one of each goes through the door, the others are copies of its rows
 * with numbers of their own, because a million messages through the door take minutes.
 *
 * @returns bytes of the file
 */
export async function seedStore(home: string, messages: number, open: number): Promise<number> {
  await askTwice(home)
  const { database } = musterPaths({ MUSTER_HOME: home }, '')
  const db = new Database(database)
  db.pragma('synchronous = OFF')
  db.transaction(() => multiply(db, Math.floor(messages / 2), open))()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return statSync(database).size
}

/** Thread 1 is asked and answered, thread 2 waits for a peer that is not there. */
async function askTwice(home: string): Promise<void> {
  const daemon = await startMuster({ home })
  const holders = Array.from({ length: HOLDERS }, (_, n) => ({ name: `holder-${n}` }))
  const [asker, answerer] = await register(daemon, [{ name: 'asker' }, { name: 'answerer' }, ...holders])
  const asking = await Connection.open(daemon.url, asker?.token ?? '')
  const answering = await Connection.open(daemon.url, answerer?.token ?? '')
  const answered = next(asking)
  const asked = next(answering)
  await asking.hello({ consume: true, prefetch: 1 })
  await answering.hello({ consume: true, prefetch: 1 })
  await asking.call('threads.ask', { to: 'answerer', body: body(1), causedBy: null, key: 'closed' })
  const { thread, delivery } = await asked
  await answering.call('threads.answer', { thread: thread.id, delivery, body: body(1), key: 'closed' })
  await asking.call('mailbox.ack', { deliveries: [(await answered).delivery] })
  await asking.call('threads.ask', { to: 'holder-0', body: body(2), causedBy: null, key: 'open' })
  asking.close()
  answering.close()
  await daemon.running.stop()
}

function next(connection: Connection): Promise<NonNullable<Incoming['params']>> {
  return new Promise((resolve) => {
    connection.onFrame = (frame) => frame.params && resolve(frame.params)
  })
}

/** Numbers of copy i: closed ones have messages and deliveries BASE + 2i and BASE + 2i + 1, open ones follow behind all of them. */
function multiply(db: Database.Database, closed: number, open: number): void {
  const first = `${BASE} + 2*i`
  const second = `${BASE} + 2*i + 1`
  const thread = `${BASE} + i`
  const openThread = `${BASE + closed} + i`
  const only = `${BASE + 2 * closed + 2} + i`
  const holder = `(SELECT min(id) FROM peers WHERE name = 'holder-0') + i % ${HOLDERS}`
  const copy = (table: string, where: string, count: number, changed: Readonly<Record<string, string>>) => copyRows(db, { table, where, count, changed })
  copy('threads', 'id = 1', closed, { id: thread, head: first, tail: second, opening_delivery: first })
  copy('messages', "kind = 'ask' AND thread_id = 1", closed, { id: first, thread_id: thread, first_delivery: first })
  copy('messages', "kind = 'answer'", closed, { id: second, thread_id: thread, prev: first, caused_by: first, first_delivery: second })
  copy('deliveries', 'id = 1', closed, { id: first, message_id: first, thread_id: thread })
  copy('deliveries', 'id = 2', closed, { id: second, message_id: second, thread_id: thread })
  copy('threads', 'id = 2', open, { id: openThread, head: only, tail: only, opening_delivery: only, recipient_id: holder })
  copy('messages', "kind = 'ask' AND thread_id = 2", open, { id: only, thread_id: openThread, first_delivery: only })
  copy('deliveries', 'thread_id = 2', open, { id: only, message_id: only, thread_id: openThread, peer_id: holder })
  copy('open_asks', 'thread_id = 2', open, { thread_id: openThread, recipient_id: holder })
  copy('events', "type = 'thread.opened' AND subject = 1", 2 * closed, { seq: `${BASE} + i`, subject: thread })
  copy('events', "type = 'thread.closed' AND subject = 1", 2 * closed, { seq: `${BASE + 2 * closed} + i`, subject: thread })
  copy('idempotency', "key = 'closed'", closed, { key: "'k' || i" })
  const counters = { thread: BASE + closed + open, message: BASE + 2 * closed + open + 2, delivery: BASE + 2 * closed + open + 2, event: BASE + 4 * closed }
  for (const [kind, last] of Object.entries(counters)) db.prepare('UPDATE counters SET last = ? WHERE kind = ?').run(last, kind)
}

interface Copies {
  readonly table: string
  /** Finds the rows to copy. */
  readonly where: string
  readonly count: number
  /** Expressions over i, from 0, for the columns that differ from copy to copy. */
  readonly changed: Readonly<Record<string, string>>
}

function copyRows(db: Database.Database, { table, where, count, changed }: Copies): void {
  const columns = (db.pragma(`table_info(${table})`) as { name: string }[]).map(({ name }) => name)
  const values = columns.map((column) => changed[column] ?? `source.${column}`)
  const { changes } = db
    .prepare(
      `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?), source AS MATERIALIZED (SELECT * FROM ${table} WHERE ${where})
       INSERT INTO ${table} (${columns.join(', ')}) SELECT ${values.join(', ')} FROM n, source`,
    )
    .run(count)
  if (changes < count) throw new Error(`Copying ${table} where ${where} made ${changes} rows.`)
}
