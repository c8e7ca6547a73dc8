import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatDuration, parseDuration } from '../../src/time.ts'
import type { Caller, Command, PeerCaller } from '../caller.ts'
import { maySee, resolveOne, visibleCircle } from '../peers/index.ts'
import { reviewAge } from '../reviews/index.ts'
import type { Tx } from '../store/transaction.ts'
import { asSender, viewThread } from '../threads/index.ts'
import type { LookDeps } from './deps.ts'
import { lookAt } from './look.ts'
import { changeable } from './reading.ts'
import { findWatchdog, toWatchdog, type WatchdogRow } from './rows.ts'
import { note, pause, resume } from './states.ts'

const INSERT = `INSERT INTO watchdogs
  (id, owner_id, circle_id, watches, peer_id, side, thread_id, review_id, scope_id, for_ms, tells_id, repeat_ms, tells_over, label, state, next_at, created_at) VALUES
  (@id, @owner_id, @circle_id, @watches, @peer_id, @side, @thread_id, @review_id, @scope_id, @for_ms, @tells_id, @repeat_ms, @tells_over, @label, 'armed', @now, @now)`

export function createWatchdogHandlers(deps: LookDeps) {
  const create: Command<'watchdogs.create'> = {
    run(tx, caller, input) {
      const owner = asSender(caller)
      requireRoom(tx, owner.peerId)
      const watched = watchedBy(tx, owner, input)
      const tells = input.tells === undefined ? owner.peerId : resolveOne(tx, owner, input.tells).id
      if (input.on === 'silence' && watched.peer_id === tells)
        throw new MusterError('invalid_input', {
          field: 'tells',
          hint: 'Whoever is silent cannot be told of it usefully: watch another, or name another in `tells`.',
        })
      const id = tx.take('watchdog')
      tx.run(INSERT, {
        id,
        owner_id: owner.peerId,
        circle_id: owner.circleId,
        watches: input.on,
        ...watched,
        for_ms: duration(input.for, 'for'),
        tells_id: tells,
        repeat_ms: input.repeat === undefined ? null : duration(input.repeat, 'repeat'),
        tells_over: input.over ? 1 : 0,
        label: input.label ?? null,
        now: tx.now,
      })
      tx.created = { number: id, count: 1 }
      const row = known(tx, id)
      note(tx, row, 'watchdog.created', { on: row.watches, for: input.for, label: row.label }, owner.peerId)
      return { watchdog: toWatchdog(tx, caller, lookAt(tx, deps, row)) }
    },
    replay: (tx, caller, created) => ({ watchdog: toWatchdog(tx, caller, known(tx, created.number)) }),
  }

  const pauseIt: Command<'watchdogs.pause'> = {
    run(tx, caller, input) {
      const row = changeable(tx, caller, input.watchdog)
      if (row.state === 'ended') throw new MusterError('invalid_input', { hint: 'It has ended; there is nothing to pause.' })
      if (row.state === 'paused') return { watchdog: toWatchdog(tx, caller, row) }
      tx.after(() => deps.recoveries.watch(row, [], 0))
      return { watchdog: toWatchdog(tx, caller, pause(tx, row, input.reason ?? 'paused by hand', actorOf(caller))) }
    },
  }

  const resumeIt: Command<'watchdogs.resume'> = {
    run(tx, caller, input) {
      const row = changeable(tx, caller, input.watchdog)
      if (row.state === 'ended') throw new MusterError('invalid_input', { hint: 'It has ended. Make another.' })
      return { watchdog: toWatchdog(tx, caller, row.state === 'paused' ? lookAt(tx, deps, resume(tx, row, actorOf(caller))) : row) }
    },
  }

  const remove: Command<'watchdogs.delete'> = {
    run(tx, caller, input) {
      const row = changeable(tx, caller, input.watchdog)
      tx.run('DELETE FROM breaches WHERE watchdog_id = ?', row.id)
      tx.run('DELETE FROM watchdogs WHERE id = ?', row.id)
      note(tx, row, 'watchdog.deleted', {}, actorOf(caller))
      tx.after(() => deps.recoveries.watch(row, [], 0))
      return { deleted: true }
    },
  }
  return { create, pause: pauseIt, resume: resumeIt, remove }
}

type Watched = Pick<WatchdogRow, 'peer_id' | 'side' | 'thread_id' | 'review_id' | 'scope_id'>
const NOTHING: Watched = { peer_id: null, side: null, thread_id: null, review_id: null, scope_id: null }

const refuse = (field: string, hint: string) => new MusterError('invalid_input', { field, hint })

/** What is to be watched, as far as the owner may see it. */
function watchedBy(tx: Tx, owner: PeerCaller, input: Parsed<'watchdogs.create'>): Watched {
  const { on, peer, side, thread, review, circle } = input
  if (on === 'ask') return asksOf(tx, owner, input)
  if (on === 'review') return reviewsOf(tx, owner, input)
  if (peer === undefined) throw refuse('peer', 'Name the peer whose silence is to be told.')
  if ((side ?? thread ?? review ?? circle) !== undefined) throw refuse('on', 'Silence is that of one `peer`, and of nothing else.')
  return { ...NOTHING, peer_id: resolveOne(tx, owner, peer).id }
}

function asksOf(tx: Tx, owner: PeerCaller, { peer, side, thread, review, circle }: Parsed<'watchdogs.create'>): Watched {
  if (review !== undefined) throw refuse('on', 'A review goes with `on: "review"`.')
  if ([peer, thread, circle].filter((given) => given !== undefined).length > 1) throw refuse('on', 'Give one of `peer`, `thread` and `circle`.')
  if (side !== undefined && peer === undefined) throw refuse('side', 'A side is one of a `peer`: the asks to it, or from it.')
  if (peer !== undefined) return { ...NOTHING, peer_id: resolveOne(tx, owner, peer).id, side: side ?? 'to' }
  if (thread === undefined) return { ...NOTHING, scope_id: circle === undefined ? owner.circleId : visibleCircle(tx, owner, circle) }
  const { thread: asked } = viewThread(tx, owner, thread)
  if (asked.kind !== 'ask') throw refuse('thread', 'A notify needs no answer, so it cannot be late.')
  if (asked.state !== 'open') throw refuse('thread', `It is ${asked.state} already; there is nothing to wait for.`)
  return { ...NOTHING, thread_id: asked.id }
}

function reviewsOf(tx: Tx, owner: PeerCaller, { peer, side, thread, review, circle }: Parsed<'watchdogs.create'>): Watched {
  if ((peer ?? side ?? thread) !== undefined) throw refuse('on', 'Reviews are one `review`, or those of a `circle`.')
  if (review !== undefined && circle !== undefined) throw refuse('on', 'Give one of `review` and `circle`.')
  if (review === undefined) return { ...NOTHING, scope_id: circle === undefined ? owner.circleId : visibleCircle(tx, owner, circle) }
  const number = tx.number('review', review)
  const age = reviewAge(tx, number)
  if (!age || !maySee(tx, owner, age.circleId)) throw new MusterError('not_found', { id: review })
  if (age.owedSince === null) throw refuse('review', `It is ${age.state} already; there is nothing to wait for.`)
  return { ...NOTHING, review_id: number }
}

function duration(said: string, field: string): number {
  const ms = parseDuration(said) as number
  if (ms >= LIMITS.minWatchMs && ms <= LIMITS.maxWatchMs) return ms
  throw new MusterError('invalid_input', { field, hint: `Expected from ${formatDuration(LIMITS.minWatchMs)} to ${formatDuration(LIMITS.maxWatchMs)}.` })
}

function requireRoom(tx: Tx, ownerId: number): void {
  const count = tx.get<{ n: number }>("SELECT count(*) AS n FROM watchdogs WHERE owner_id = ? AND state <> 'ended'", ownerId)?.n ?? 0
  if (count >= LIMITS.maxWatchdogs) throw new MusterError('too_many_watchdogs', { limit: LIMITS.maxWatchdogs, hint: 'Delete some that you no longer need.' })
}

function known(tx: Tx, id: number): WatchdogRow {
  const row = findWatchdog(tx, id)
  if (!row) throw new MusterError('not_found', { id: tx.id('watchdog', id) })
  return row
}

function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}
