import { readFileSync, statSync } from 'node:fs'
import Database from 'better-sqlite3'
import { musterPaths } from '../../src/paths.ts'
import { type Muster, register, scratch, startMuster } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import { pause } from '../harness/processes.ts'
import type { Row } from '../harness/report.ts'
import { quantile, spread } from '../harness/statistics.ts'
import { Connection } from '../load/connection.ts'

const PEERS = 50
const WORDS = 45
const VOCABULARY = 50_000
/** Far above every number that the daemon has given out until then. */
const BASE = 1_000
const LIMIT = 20
const NOWHERE = 'nowhere'
const DICTIONARY = Array.from({ length: VOCABULARY }, (_, n) => `w${n.toString(36)}`)

/** What anybody would do with FTS5 alone: two words, the newest first, with their bodies. */
const BARE = `SELECT m.id, m.body FROM message_index i CROSS JOIN messages m ON m.id = i.rowid
  WHERE i.message_index MATCH ? ORDER BY i.rowid DESC LIMIT ${LIMIT}`

/** Searching a large database through the door, against bare FTS5 on the same file. */
export async function measureSearch(plan: Plan): Promise<Row[]> {
  const home = scratch()
  const { database, adminToken } = musterPaths({ MUSTER_HOME: home }, '')
  const first = await startMuster({ home })
  const [member] = await register(
    first,
    Array.from({ length: PEERS }, (_, n) => ({ name: `peer-${n}` })),
  )
  await first.running.stop()
  plan.say(`search: writing ${plan.storedMessages} messages`)
  seed(database, plan.storedMessages)
  const before = statSync(database).size
  const daemon = await startMuster({ home })
  const admin = await callerOf(daemon, readFileSync(adminToken, 'utf8').trim())
  plan.say('search: the index is built')
  const builtMs = await indexed(admin)
  const peer = await callerOf(daemon, member?.token ?? '')
  const bare = new Database(database, { readonly: true })
  const match = bare.prepare(BARE)
  const words = randomWords(7)
  const times = { bare: [] as number[], door: [] as number[], admin: [] as number[], peer: [] as number[], ranked: [] as number[] }
  const timed = async (into: number[], run: () => unknown) => {
    const startedAt = performance.now()
    await run()
    into.push(performance.now() - startedAt)
  }
  plan.say('search: asking')
  // The first ones find cold code and cold pages on both sides.
  for (let n = -50; n < plan.searches; n++) {
    const into = n < 0 ? { bare: [], door: [], admin: [], peer: [], ranked: [] } : times
    const [a, b] = [words(), words()]
    const text = `${a} ${b}`
    await timed(into.bare, () => match.all(`body : ("${a}" "${b}")`))
    // A word that is nowhere: what the way there and back takes by itself.
    await timed(into.door, () => admin.call('messages.search', { text: `${NOWHERE} ${a}`, limit: LIMIT }))
    await timed(into.admin, () => admin.call('messages.search', { text, limit: LIMIT }))
    await timed(into.peer, () => peer.call('messages.search', { text, limit: LIMIT }))
    await timed(into.ranked, () => admin.call('messages.search', { text, limit: LIMIT, rank: true }))
  }
  bare.close()
  admin.close()
  peer.close()
  await daemon.running.stop()
  const megabytes = (statSync(database).size - before) / 1_048_576
  const note = `${plan.searches} pairs of words of a Zipf vocabulary; the index took ${(builtMs / 1_000).toFixed(0)} s to build and ${megabytes.toFixed(0)} MB`
  return rowsOf(plan.storedMessages, times, note)
}

function rowsOf(messages: number, times: Readonly<Record<'bare' | 'door' | 'admin' | 'peer' | 'ranked', number[]>>, note: string): Row[] {
  const once = (value: number) => spread([value])
  const p99 = (of: keyof typeof times) => quantile(times[of], 0.99)
  const absolute = (['bare', 'door', 'admin', 'peer', 'ranked'] as const).map((of) => ({
    label: `${of}, p50 and the extremes`,
    unit: 'ms',
    value: spread(times[of]),
  }))
  const over = `over ${messages} messages, two words`
  return [
    {
      what: `search ${over}, newest first, through the door: p99 / p99 of bare FTS5`,
      target: { atMost: 2 },
      value: once(p99('admin') / p99('bare')),
      note,
      absolute,
    },
    {
      what: `search ${over}, newest first: p99`,
      unit: 'ms',
      target: { atMost: 5 },
      value: once(p99('admin')),
      note: `p99 of bare FTS5 ${p99('bare').toFixed(2)} ms, of the door with nothing found ${p99('door').toFixed(2)} ms`,
      absolute: [],
    },
    {
      what: `search ${over}, newest first, by a peer that may read a twenty-fifth: p99`,
      unit: 'ms',
      target: { atMost: 5 },
      value: once(p99('peer')),
      absolute: [],
    },
    { what: `search ${over}, the best of the newest 1,000: p99`, unit: 'ms', target: { atMost: 60 }, value: once(p99('ranked')), absolute: [] },
  ]
}

async function callerOf(daemon: Muster, token: string): Promise<Connection> {
  const connection = await Connection.open(daemon.url, token)
  await connection.hello({ consume: false, prefetch: 1 })
  return connection
}

/** Waits until everything can be found; returns how long that took. */
async function indexed(admin: Connection): Promise<number> {
  const startedAt = performance.now()
  for (;;) {
    const { complete } = (await admin.call('messages.search', { text: 'nothing', limit: 1 })) as { complete: boolean }
    if (complete) return performance.now() - startedAt
    await pause(250)
  }
}

/** Words as in a language: the most frequent is in most messages, most of them are in few. */
function randomWords(seed: number): () => string {
  let state = seed
  const next = () => {
    // A linear congruential generator (Numerical Recipes).
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  return () => DICTIONARY[Math.floor(VOCABULARY ** next())] as string
}

/** Notifies of one message each between two peers, written into the tables directly: through the door a million takes minutes. */
function seed(path: string, messages: number): void {
  const db = new Database(path)
  db.pragma('synchronous = OFF')
  const { first, circle } = db.prepare('SELECT min(id) AS first, min(circle_id) AS circle FROM peers').get() as { first: number; circle: number }
  const thread =
    db.prepare(`INSERT INTO threads (id, kind, state, priority, circle_id, opener_id, recipient_id, opened_at, head, tail, opening_delivery, hops, attended)
    VALUES (?, 'notify', 'notice', 2, ?, ?, ?, ?, ?, ?, ?, 0, 0)`)
  const message = db.prepare(
    `INSERT INTO messages (id, thread_id, kind, sender_id, body, at, first_delivery, delivery_count) VALUES (?, ?, 'notify', ?, ?, ?, ?, 1)`,
  )
  const delivery = db.prepare(`INSERT INTO deliveries (id, message_id, thread_id, peer_id, priority, solicited, state, queued_at, ended_at)
    VALUES (?, ?, ?, ?, 2, 0, 'acked', ?, ?)`)
  const words = randomWords(1)
  const startAt = Date.now() - messages * 1_000
  db.transaction(() => {
    for (let n = 0; n < messages; n++) {
      const [id, at, from, to] = [BASE + n, startAt + n * 1_000, first + (n % PEERS), first + ((n * 7 + 1) % PEERS)]
      thread.run(id, circle, from, to, at, id, id, id)
      message.run(id, id, from, Array.from({ length: WORDS }, words).join(' '), at, id)
      delivery.run(id, id, id, to, at, at)
    }
    for (const kind of ['thread', 'message', 'delivery']) db.prepare('INSERT OR REPLACE INTO counters (kind, last) VALUES (?, ?)').run(kind, BASE + messages)
  })()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}
