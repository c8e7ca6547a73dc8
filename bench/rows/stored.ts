import { statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { musterPaths } from '../../src/paths.ts'
import { register, startMuster } from '../harness/muster.ts'

const HOLDERS = 20
const NUMBERS = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < @count)'

/**
 * Fills a home with closed asks (two messages each) and open ones, as the daemon would have left them. Written straight into the
 * tables, because a million messages through the door take minutes; a column that has changed fails here.
 *
 * @returns bytes of the file
 */
export async function seedStore(home: string, messages: number, open: number): Promise<number> {
  const daemon = await startMuster({ home })
  await register(daemon, [{ name: 'asker' }, ...Array.from({ length: HOLDERS }, (_, n) => ({ name: `holder-${n}` }))])
  await daemon.running.stop()
  const { database } = musterPaths({ MUSTER_HOME: home }, '')
  const db = new Database(database)
  db.pragma('synchronous = OFF')
  const { asker, circle } = db.prepare("SELECT id AS asker, circle_id AS circle FROM peers WHERE name = 'asker'").get() as { asker: number; circle: number }
  const closed = Math.floor(messages / 2)
  const given = { asker, circle, closed, now: Date.now(), body: 'muster '.repeat(37).slice(0, 256), holders: HOLDERS }
  db.transaction(() => {
    for (const [count, sql] of statements(closed, open)) db.prepare(sql).run({ ...given, count })
  })()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
  return statSync(database).size
}

/** Numbers: closed ask i has thread i, messages and deliveries 2i-1 and 2i; open ask i follows behind all of them. */
function statements(closed: number, open: number): [number, string][] {
  const day = 'CASE WHEN i % 2 THEN 1 ELSE 2 END * 86400000'
  const holder = '@asker + 1 + (i % @holders)'
  const thread =
    'INSERT INTO threads (id, kind, state, priority, circle_id, opener_id, recipient_id, opened_at, deadline_at, closed_at, closed_by, head, tail, size)'
  const message = 'INSERT INTO messages (id, thread_id, prev, kind, sender_id, body, at, first_delivery, delivery_count)'
  const delivery = 'INSERT INTO deliveries (id, message_id, thread_id, peer_id, priority, solicited, state, queued_at, ended_at)'
  return [
    [closed, `${NUMBERS} ${thread} SELECT i, 'ask', 'answered', 2, @circle, @asker, ${holder}, @now - ${day}, @now, @now, ${holder}, 2*i-1, 2*i, 2 FROM n`],
    [closed, `${NUMBERS} ${message} SELECT 2*i-1, i, NULL, 'ask', @asker, @body, @now, 2*i-1, 1 FROM n`],
    [closed, `${NUMBERS} ${message} SELECT 2*i, i, 2*i-1, 'answer', ${holder}, @body, @now, 2*i, 1 FROM n`],
    [closed, `${NUMBERS} ${delivery} SELECT 2*i-1, 2*i-1, i, ${holder}, 2, 0, 'acked', @now, @now FROM n`],
    [closed, `${NUMBERS} ${delivery} SELECT 2*i, 2*i, i, @asker, 2, 1, 'acked', @now, @now FROM n`],
    [
      open,
      `${NUMBERS} ${thread} SELECT @closed+i, 'ask', 'open', 2, @circle, @asker, ${holder}, @now, @now + 86400000, NULL, NULL, 2*@closed+i, 2*@closed+i, 1 FROM n`,
    ],
    [open, `${NUMBERS} ${message} SELECT 2*@closed+i, @closed+i, NULL, 'ask', @asker, @body, @now, 2*@closed+i, 1 FROM n`],
    [open, `${NUMBERS} ${delivery} SELECT 2*@closed+i, 2*@closed+i, @closed+i, ${holder}, 2, 0, 'queued', @now, NULL FROM n`],
    [open, `${NUMBERS} INSERT INTO open_asks (recipient_id, thread_id, due_at) SELECT ${holder}, @closed+i, @now + 64800000 FROM n`],
    [
      4 * closed,
      `${NUMBERS} INSERT INTO events (seq, at, type, actor_id, circle_id, peer_id, audience, subject_kind, subject, changed)
       SELECT 100000 + i, @now, 'thread.opened', @asker, @circle, ${holder}, 'granted', 'thread', i, '{"kind":"ask"}' FROM n`,
    ],
    ...(['thread', 'message', 'delivery', 'event'] as const).map((kind): [number, string] => {
      const last = kind === 'thread' ? closed + open : kind === 'event' ? 100_000 + 4 * closed : 2 * closed + open
      return [0, `INSERT OR REPLACE INTO counters (kind, last) SELECT '${kind}', max(${last}, @count)`]
    }),
  ]
}
