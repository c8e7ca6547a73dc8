import { searchMessages } from '../../daemon/threads/index.ts'
import { OPERATIONS } from '../../src/contract/index.ts'
import { Actor } from './actor.ts'
import { checkFilesAtEnd } from './files.ts'
import { tokenOf } from './ledger.ts'
import { numberOf } from './numbers.ts'
import type { World } from './world.ts'

/** How long each round of healing lasts; visibility of pull handovers is 6 h. */
const ROUNDS_MS = [
  1_000,
  1_000,
  ...Array.from({ length: 12 }, () => 20_000),
  ...Array.from({ length: 8 }, () => 70_000),
  22_000_000,
  ...Array.from({ length: 12 }, () => 60_000),
]

/** A file is opened, read and closed, each in a turn of its own. */
const READ_TURNS = 20

/** All faults end. From then on everything that was accepted must come to its end, and nothing may be left. */
export async function drain(world: World): Promise<void> {
  heal(world)
  if (!world.life) await world.start()
  adopt(world)
  for (const ms of ROUNDS_MS) {
    if (!world.life) await world.start()
    for (const actor of world.actors) {
      // Heartbeats over six hours would be most of the work.
      if (ms > 1_000_000) actor.link?.close()
      else round(world, actor)
    }
    world.clock.advance(ms)
    await read(world)
    world.settle()
    if (world.violation) return
    // What a full disk kept from being written down is made good at the next heartbeat, and the index after a pause that grows.
    if (isQuiet(world) && wrongPresence(world) === undefined && isIndexed(world)) break
  }
  world.witness.ledger.check()
  world.witness.fans.check()
  checkTold(world)
  checkPresence(world)
  await checkFilesAtEnd(world)
  checkSearch(world)
  checkEnd(world)
}

/** Lets what is read from the disk arrive. */
async function read(world: World): Promise<void> {
  for (let turn = 0; turn < READ_TURNS; turn += 1) await undefined
  world.clock.advance(1)
}

function heal(world: World): void {
  world.note('all faults end')
  world.draining = true
  world.network.jitter = 0
  world.disk.fault = undefined
  world.crashPlan = undefined
  for (const link of world.network.links) link.unstall()
  for (const link of world.network.links) if (link.silent) link.endClient(undefined)
  for (const actor of world.actors) {
    for (const hand of actor.inHand.values()) actor.ended.push(hand)
    // What is in hand is forgotten as by a client that begins anew.
    actor.link?.close()
  }
  world.clock.advance(1)
  world.bury()
}

function round(world: World, actor: Actor): void {
  if (actor.peer !== undefined && world.witness.isRetired(actor.peer)) actor.retired = true
  if (actor.kind === 'peer' && actor.retired) return
  if (actor.kind === 'enrolment') rejoin(world, actor)
  if (!actor.link) actor.connect()
  world.clock.advance(1)
  // The id of now: a restored daemon may not know the one under which it joined.
  if (!actor.link && actor.peer !== undefined) world.admin.call('credentials.create', { peer: world.life?.core.store.id('peer', actor.peer) })
  if (!actor.online) return
  actor.retry()
  if (actor.kind === 'peer') consume(world, actor)
}

/** Takes what waits, and answers what is owed. */
function consume(world: World, actor: Actor): void {
  if (actor.mode === 'pull') actor.call('mailbox.inbox', { limit: 50, owed: true, ...(actor.inboxCursor !== undefined && { cursor: actor.inboxCursor }) })
  if (actor.mode === 'read') {
    const upTo = world.newestDeliveryOf(actor)
    actor.call('mailbox.peek', { limit: 200 })
    if (upTo !== undefined) actor.call('mailbox.read', { upTo })
  }
  actor.call('threads.owed', { limit: 100 })
}

/** A peer that nobody speaks for any more, since its program registered anew and a restore brought it back, is taken over. */
function adopt(world: World): void {
  const rows = world.witness.all<{ id: number; name: string; mode: 'stream' | 'pull' | 'read' }>('SELECT id, name, mode FROM peers WHERE retired_at IS NULL')
  for (const { id, name, mode } of rows) {
    if (world.peers.some((actor) => actor.peer === id)) continue
    const actor = new Actor(world, { name, kind: 'peer', mode })
    actor.peerId = world.life?.core.store.id('peer', id)
    world.actors.push(actor)
  }
}

/** A program whose registration was never confirmed registers again for its session. */
function rejoin(world: World, registrar: Actor): void {
  for (const [name, actor] of world.joining) {
    if (actor.peerId === undefined && registrar.online) registrar.call('peers.register', { name, mode: actor.mode, session: name })
  }
}

function count(world: World, sql: string): number {
  return world.witness.get<{ n: number }>(`SELECT count(*) AS n FROM ${sql}`)?.n ?? 0
}

function isQuiet(world: World): boolean {
  const { witness } = world
  if (count(world, "deliveries WHERE state IN ('queued', 'offered')") > 0 || count(world, 'open_asks') > 0) return false
  if (count(world, "outbox WHERE state = 'waiting'") > 0 || witness.offers.leftOver().length > 0) return false
  return world.actors.every((actor) => actor.retired || (actor.pending.size === 0 && actor.unsettled.length === 0))
}

/** Of asks by themselves, every asker that is still there was handed exactly one closing message of each ask that it did not end itself. */
function checkTold(world: World): void {
  const rows = world.witness.all<{ id: number; opener_id: number; state: string; closed_by: number | null }>(
    "SELECT id, opener_id, state, closed_by FROM threads WHERE kind = 'ask' AND opener_id IS NOT NULL AND state <> 'open' AND fan_id IS NULL",
  )
  const told = new Map<number, number>()
  const kinds = world.witness.all<{ thread_id: number; n: number }>(
    `SELECT m.thread_id, count(*) AS n FROM threads t JOIN messages m ON m.id >= t.head AND m.thread_id = t.id JOIN deliveries d ON d.message_id = m.id
     WHERE t.kind = 'ask' AND d.peer_id = t.opener_id AND m.late = 0
       AND m.kind = CASE t.state WHEN 'answered' THEN 'answer' WHEN 'declined' THEN 'decline' WHEN 'cancelled' THEN 'cancel' WHEN 'expired' THEN 'expire' ELSE 'none' END
     GROUP BY m.thread_id`,
  )
  for (const { thread_id, n } of kinds) told.set(thread_id, n)
  for (const row of rows) {
    if (row.state === 'failed') continue
    const expected = row.closed_by === row.opener_id || world.witness.isRetired(row.opener_id) ? 0 : 1
    const got = told.get(row.id) ?? 0
    if (got !== expected && !(expected === 0 && got === 1))
      world.fail(`the mailbox of asker ${row.opener_id} holds ${got} closing messages for ask ${row.id} (${row.state})`)
  }
}

function find(world: World, life: NonNullable<World['life']>, text: string) {
  const input = OPERATIONS['messages.search'].input.parse({ text, limit: 200 })
  return searchMessages(life.core.store, { kind: 'admin', credentialId: 0 }, input, world.clock.wallMs())
}

const isIndexed = (world: World): boolean => !world.life || find(world, world.life, 'anything').complete

/** What was said is found by its token, and what was redacted by nothing. */
function checkSearch(world: World): void {
  const { life, witness } = world
  if (!life) return
  const wanted = new Map<string, number[]>()
  for (const { id, body } of witness.all<{ id: number; body: string }>('SELECT id, body FROM messages WHERE redacted_at IS NULL ORDER BY id DESC')) {
    const token = tokenOf(body)?.slice(1)
    if (token !== undefined) wanted.set(token, [...(wanted.get(token) ?? []), id])
  }
  for (const [text, ids] of wanted) {
    const { hits, complete } = find(world, life, text)
    if (!complete) return world.fail('the index of the search has not caught up')
    const found = hits.map(({ message }) => numberOf(message))
    const missing = ids.filter((id) => !found.includes(id))
    if (missing.length > 0) return world.fail(`a search for ${text} does not find message ${missing.join()}`)
    for (const id of found) if (isRedacted(world, id)) world.fail(`a search for ${text} finds message ${id}, which was redacted`)
  }
}

function isRedacted(world: World, id: number): boolean {
  return world.witness.get<{ redacted_at: number | null }>('SELECT redacted_at FROM messages WHERE id = ?', id)?.redacted_at !== null
}

function checkPresence(world: World): void {
  const wrong = wrongPresence(world)
  if (wrong !== undefined) world.fail(wrong)
}

function wrongPresence(world: World): string | undefined {
  const rows = world.witness.all<{ id: number; presence: string; retired_at: number | null }>('SELECT id, presence, retired_at FROM peers')
  for (const row of rows) {
    const isOnline = world.actors.some((actor) => actor.peer === row.id && actor.online)
    if (row.retired_at === null && isOnline !== (row.presence === 'online'))
      return `peer ${row.id} is shown ${row.presence}, and ${isOnline ? 'is' : 'is not'} connected`
  }
  return undefined
}

function checkEnd(world: World): void {
  const { life, witness } = world
  if (!life) return
  for (const left of witness.offers.leftOver()) world.fail(left)
  for (const actor of world.actors) {
    for (const request of actor.pending.values()) world.fail(`${actor.name} never got an answer to request ${request.id} (${request.intent.method})`)
    if (actor.unsettled.length > 0 && !actor.retired) world.fail(`${actor.name} could not settle ${actor.unsettled[0]?.method}`)
  }
  if (count(world, 'outbox') > 0) world.fail('something is left in the outbox')
  if (count(world, 'open_asks') > 0) world.fail('open asks are left')
  const last = witness.ledger.events.at(-1)
  if (world.admin.eventCursor !== undefined && Number(world.admin.eventCursor.split('.')[1]) < (last ?? 0))
    world.fail(`the follower of events stands at ${world.admin.eventCursor}, and the last is ${last}`)
  if (life.core.inFlight() > 0) world.fail(`${life.core.inFlight()} offers are left in memory`)
  if (life.core.gateway.dispatcher.delays.nextExpiry() !== undefined) world.fail('a backoff is left in memory')
  world.stop()
}
