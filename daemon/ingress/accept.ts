import { createHash } from 'node:crypto'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration } from '../../src/time.ts'
import type { PeerCaller } from '../caller.ts'
import { findPeer, makeService, type PeerRow } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { PRIORITIES } from '../threads/index.ts'
import type { IngressDeps } from './deps.ts'
import type { Which } from './rotation.ts'
import { type ArrivalRow, eventsOf, filtersOf, findSource, type SourceRow } from './rows.ts'
import type { Scheme } from './schemes.ts'
import { type EventFacts, fieldOf, lineOf, render, renderLine } from './template.ts'

/** By what an event is known again: its id, where it has one, and its body where that is the better proof, or all there is. */
export interface Keys {
  readonly id: Uint8Array | null
  readonly body: Uint8Array | null
  /** How long the same body is the same event; `null`: as long as it is kept. */
  readonly bodyForMs: number | null
}

/** Where no time is signed, an id is not either: whoever has a request could send it again under another. Its body, which is signed, then counts as well. */
export function keysOf(scheme: Scheme, id: string | null, body: Uint8Array): Keys {
  const onlyBody = scheme.by === 'hmac' && scheme.time === null
  return { id: id === null ? null : hash(id), body: onlyBody || id === null ? hash(body) : null, bodyForMs: onlyBody ? null : LIMITS.sameBodyMs }
}

/** An event that proved where it comes from. */
export interface Proven {
  readonly facts: EventFacts
  readonly keys: Keys
  /** Which secret it proved itself with, unless the daemon signed it. */
  readonly by: Which | 'sample'
}

export interface Accepted {
  readonly arrival: ArrivalRow
  /** It had come before, and was dealt with. */
  readonly isDuplicate: boolean
}

const INSERT = `INSERT INTO arrivals (id, source_id, id_key, body_key, at, event, delivery, outcome, times, thread_id, reason)
  VALUES (@id, @source_id, @id_key, @body_key, @at, @event, @delivery, @outcome, @times, @thread_id, @reason)`
const EVENTS = { accepted: 'arrival.accepted', filtered: 'arrival.filtered', failed: 'arrival.failed' } as const
const AGAIN = 'UPDATE arrivals SET times = times + 1, outcome = @outcome, thread_id = @thread_id, reason = @reason WHERE id = @id'

/**
 * Takes an event that proved where it comes from: what came before, the message and the row are one transaction. What could not be sent is written
 * down as failed, and tried when it comes again.
 *
 * @returns `undefined` where the source has been paused meanwhile: nothing is written then
 * @throws MusterError `unauthenticated` where the source is gone
 */
export function accept(tx: Tx, deps: IngressDeps, sourceId: number, { facts, keys, by }: Proven): Accepted | undefined {
  const source = findSource(tx, sourceId)
  if (!source) throw new MusterError('unauthenticated')
  if (isClosed(source, by)) return undefined
  credit(tx, source, by)
  const earlier = known(tx, sourceId, keys)
  if (earlier && earlier.outcome !== 'failed') {
    tx.run(AGAIN, { id: earlier.id, outcome: earlier.outcome, thread_id: earlier.thread_id, reason: earlier.reason })
    return { arrival: { ...earlier, times: earlier.times + 1 }, isDuplicate: true }
  }
  const became = isWanted(source, facts) ? send(tx, deps, source, facts) : ({ outcome: 'filtered', thread_id: null, reason: null } as const)
  const arrival: ArrivalRow = earlier ? { ...earlier, ...became, times: earlier.times + 1 } : { ...fresh(tx, source, facts, keys), ...became }
  if (earlier) tx.run(AGAIN, { id: arrival.id, ...became })
  else tx.run(INSERT, { ...arrival })
  const changed = {
    source: source.name,
    event: arrival.event,
    thread: became.thread_id === null ? null : tx.id('thread', became.thread_id),
    reason: became.reason,
  }
  const { circle_id: circle, peer_id: actor } = source
  tx.event({ type: EVENTS[arrival.outcome], actor, circle, audience: 'granted', subject: ['arrival', arrival.id], changed })
  return { arrival, isDuplicate: false }
}

/** Whether a source takes nothing now. A sample it takes all the same: whoever paused it for a wrong template tries another before going on. */
export function isClosed({ paused_at }: SourceRow, by: Proven['by']): boolean {
  return paused_at !== null && by !== 'sample'
}

const CREDIT = {
  old: 'UPDATE sources SET old_used_at = @at WHERE id = @id',
  new: 'UPDATE sources SET new_used_at = @at WHERE id = @id',
} as const

/** Of two secrets, writes down which one events come by, so that somebody can tell when the other may go. A sample says nothing of that. */
function credit(tx: Tx, { id, new_secret }: SourceRow, by: Proven['by']): void {
  if (new_secret !== null && by !== 'sample') tx.run(CREDIT[by], { id, at: tx.now })
}

/** In whose name a source speaks: within its circle, though the peer stands apart from it. One that was retired is followed by another. */
export function senderOf(tx: Tx, deps: IngressDeps, row: SourceRow): PeerCaller {
  const peer = findPeer(tx, row.peer_id)
  if (peer?.retired_at === null) return { ...deps.callerOf(peer), circleId: row.circle_id }
  const id = makeService(tx, { name: `hook-${row.name}`, description: peer?.description ?? '' })
  tx.run('UPDATE sources SET peer_id = ? WHERE id = ?', id, row.id)
  return { ...deps.callerOf(findPeer(tx, id) as PeerRow), circleId: row.circle_id }
}

export function arrivalOf(reader: Pick<Tx, 'get'>, sourceId: number, { id, body }: Keys): ArrivalRow | undefined {
  const byId = id && reader.get<ArrivalRow>('SELECT * FROM arrivals WHERE source_id = ? AND id_key = ?', sourceId, id)
  return byId ?? ((body && reader.get<ArrivalRow>('SELECT * FROM arrivals WHERE source_id = ? AND body_key = ?', sourceId, body)) || undefined)
}

function hash(of: string | Uint8Array): Uint8Array {
  return createHash('sha256').update(of).digest()
}

/** A body that came too long ago to be the same event gives its key up. */
function known(tx: Tx, sourceId: number, keys: Keys): ArrivalRow | undefined {
  const row = arrivalOf(tx, sourceId, keys)
  const isOver = row && keys.id === null && keys.bodyForMs !== null && Math.abs(tx.now - row.at) > keys.bodyForMs
  if (isOver) tx.run('UPDATE arrivals SET body_key = NULL WHERE id = ?', row.id)
  return isOver ? undefined : row
}

function fresh(tx: Tx, source: SourceRow, { event, id }: EventFacts, keys: Keys): Omit<ArrivalRow, 'outcome' | 'thread_id' | 'reason'> {
  return {
    id: tx.take('arrival'),
    source_id: source.id,
    id_key: keys.id,
    body_key: keys.body,
    at: tx.now,
    event: event === null ? null : lineOf(event, 100),
    delivery: id === null ? null : lineOf(id, 100),
    times: 1,
  }
}

function isWanted(source: SourceRow, { event, body }: EventFacts): boolean {
  const events = eventsOf(source)
  if (events !== null && (event === null || !events.includes(event))) return false
  return filtersOf(source).every(({ field, is }) => fieldOf(body, field.split('.')) === is)
}

type Became = Pick<ArrivalRow, 'outcome' | 'thread_id' | 'reason'>

/** A refusal is no error here: the row says it, and whoever sent the event is told to come again. */
function send(tx: Tx, deps: IngressDeps, source: SourceRow, facts: EventFacts): Became {
  try {
    const { sent, refused } = sendAs(tx, deps, senderOf(tx, deps, source), source, facts)
    const [first] = sent
    const missed = refused.map(({ to, message }) => `${to.name}: ${message}`).slice(0, LIMITS.maxCandidates)
    const reason = missed.length === 0 ? null : `Not sent to ${missed.join('; ')}`
    if (!first) return { outcome: 'failed', thread_id: null, reason: reason ?? 'Nobody is meant by the address now.' }
    return { outcome: 'accepted', thread_id: tx.number('thread', first.thread), reason }
  } catch (error) {
    if (error instanceof MusterError) return { outcome: 'failed', thread_id: null, reason: error.message }
    throw error
  }
}

function sendAs(tx: Tx, { threads: { commands } }: IngressDeps, sender: PeerCaller, source: SourceRow, facts: EventFacts) {
  const { target, selects, kind, topic, deadline_ms } = source
  const priority = PRIORITIES[source.priority - 1] ?? 'normal'
  // Nothing in the crew caused it: what a program outside sends begins a chain, and is no exception to the rules against runaways.
  const common = { to: target, select: selects ?? undefined, body: render(source.template, facts), priority, causedBy: null } as const
  if (kind === 'ask') return commands['threads.ask'].run(tx, sender, { ...common, deadline: formatDuration(deadline_ms ?? LIMITS.defaultDeadlineMs) })
  return commands['threads.notify'].run(tx, sender, { ...common, topic: topic === null ? undefined : renderLine(topic, facts, 100) })
}
