import { MusterError } from '../../src/errors.ts'
import type { Caller, Query } from '../caller.ts'
import { GRANTED_CIRCLES, maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type BreachRow, findWatchdog, toBreach, toWatchdog, type WatchdogRow } from './rows.ts'

/** Whether a caller looks after the watchdogs of a circle: its orchestrators, people who see into it, and the administrator. */
function overseesCircle(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind === 'admin') return true
  return caller.kind === 'peer' && (caller.role === 'orchestrator' || caller.role === 'person') && maySee(reader, caller, circleId)
}

/** @throws MusterError `not_found` unless the caller owns it, is told by it, or oversees its circle */
function visible(reader: Reader, caller: Caller, id: string): WatchdogRow {
  const row = findWatchdog(reader, reader.number('watchdog', id))
  const isConcerned = row !== undefined && caller.kind === 'peer' && (row.owner_id === caller.peerId || row.tells_id === caller.peerId)
  if (row && (isConcerned || overseesCircle(reader, caller, row.circle_id))) return row
  throw new MusterError('not_found', { id })
}

/** @throws MusterError `not_found`, or `forbidden` for one whom it only tells */
export function changeable(reader: Reader, caller: Caller, id: string): WatchdogRow {
  const row = visible(reader, caller, id)
  const isOwner = caller.kind === 'peer' && row.owner_id === caller.peerId
  if (isOwner || overseesCircle(reader, caller, row.circle_id)) return row
  throw new MusterError('forbidden', { hint: 'Only its owner, an orchestrator of the circle or a person may change it. Ask its owner.' })
}

export const getWatchdog: Query<'watchdogs.get'> = (reader, caller, input) => ({
  watchdog: toWatchdog(reader, caller, visible(reader, caller, input.watchdog)),
})

const CONCERNS = 'owner_id = @self OR (NOT @mine AND tells_id = @self)'
const LIST = (rule: string) => `SELECT * FROM watchdogs WHERE id > @after AND (@state IS NULL OR state = @state) AND (${rule}) ORDER BY id LIMIT @limit`

export const listWatchdogs: Query<'watchdogs.list'> = (reader, caller, input) => {
  const after = input.after === undefined ? 0 : reader.number('watchdog', input.after)
  const oversees = !input.mine && caller.kind === 'peer' && (caller.role === 'orchestrator' || caller.role === 'person')
  const rule = caller.kind !== 'peer' ? '1' : oversees ? `${CONCERNS} OR circle_id = @own OR circle_id IN (${GRANTED_CIRCLES})` : CONCERNS
  const rows = reader.all<WatchdogRow>(LIST(rule), {
    after,
    state: input.state ?? null,
    limit: input.limit + 1,
    ...(caller.kind === 'peer' ? { self: caller.peerId, mine: input.mine ? 1 : 0 } : {}),
    ...(oversees ? { own: caller.circleId } : {}),
  })
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { watchdogs: page.map((row) => toWatchdog(reader, caller, row)), after: last ? reader.id('watchdog', last.id) : null }
}

export const historyWatchdog: Query<'watchdogs.history'> = (reader, caller, input) => {
  const watchdog = visible(reader, caller, input.watchdog)
  const rows = reader.all<BreachRow>(
    'SELECT * FROM breaches WHERE watchdog_id = ? AND number < ? ORDER BY number DESC LIMIT ?',
    watchdog.id,
    input.before ?? Number.MAX_SAFE_INTEGER,
    input.limit + 1,
  )
  const page = rows.slice(0, input.limit)
  const last = rows.length > page.length ? page.at(-1) : undefined
  return { breaches: page.map((row) => toBreach(reader, caller, watchdog, row)), before: last?.number ?? null }
}

/** Those that a peer owns or is told by, and of which something lasts, the longest told first. */
export function breachedWatchdogs(reader: Reader, peerId: number, limit: number): WatchdogRow[] {
  return reader.all<WatchdogRow>(
    "SELECT * FROM watchdogs WHERE (owner_id = @peer OR tells_id = @peer) AND state = 'breached' ORDER BY told_at, id LIMIT @limit",
    {
      peer: peerId,
      limit,
    },
  )
}
