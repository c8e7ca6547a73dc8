import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { asPeer, type Caller, type Command, type Query } from '../caller.ts'
import { people, resolveOne } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { newDigits } from './code.ts'
import type { HandlerDeps } from './deps.ts'
import { type ActionRow, toAction } from './rows.ts'

/** One operation, once, in a person's name: whoever proposes it has no authority, and gets none. */
export function createActionHandlers(deps: HandlerDeps) {
  const propose: Command<'actions.propose'> = {
    run(tx, caller, input) {
      const proposer = actorOf(caller)
      const person = personFor(tx, caller, input.person)
      const text = JSON.stringify(input.input)
      if (text.length > LIMITS.maxActionBytes)
        throw new MusterError('too_large', { limit: LIMITS.maxActionBytes, hint: `At most ${LIMITS.maxActionBytes} characters as JSON.` })
      requireRoom(tx, person, proposer)
      const id = tx.take('action')
      const code = newDigits(deps.random)
      tx.run(
        "INSERT INTO actions (id, person_id, proposed_by, operation, input, state, created_at, expires_at) VALUES (?, ?, ?, ?, ?, 'waiting', ?, ?)",
        id,
        person,
        proposer,
        input.operation,
        text,
        tx.now,
        tx.now + LIMITS.actionMs,
      )
      tx.run("DELETE FROM actions WHERE state <> 'waiting' AND id <= ?", id - LIMITS.keptActions)
      tx.event({ type: 'action.proposed', actor: proposer, peer: person, audience: 'admin', subject: ['action', id], changed: { operation: input.operation } })
      tx.after(() => deps.actionCodes.open(id, code))
      return { action: toAction(tx, mustFind(tx, id)), code }
    },
  }

  const approve: Command<'actions.approve'> = {
    run(tx, caller, input) {
      const person = asPeer(caller)
      const row = actionOf(tx, caller, input.action)
      if (row.person_id !== person.peerId) throw notFound(input.action)
      requireWaiting(row)
      const attempt = deps.actionCodes.attempt(row.id, input.code)
      if (attempt !== 'right') throw wrongDigits(tx, deps, row.id, attempt)
      // What the operation refuses, this refuses: nothing was written, and it waits on.
      const output = deps.perform(tx, person, row.operation, JSON.parse(row.input))
      endAction(tx, deps, row.id, { state: 'done', how: 'device', actor: person.peerId, output })
      return { action: toAction(tx, mustFind(tx, row.id)) }
    },
  }

  const reject: Command<'actions.reject'> = {
    run(tx, caller, input) {
      const row = actionOf(tx, caller, input.action)
      requireWaiting(row)
      endAction(tx, deps, row.id, { state: 'rejected', actor: actorOf(caller) })
      return { action: toAction(tx, mustFind(tx, row.id)) }
    },
  }

  return { propose, approve, reject }
}

export const getAction: Query<'actions.get'> = (reader, caller, input) => ({ action: toAction(reader, actionOf(reader, caller, input.action)) })

export const listActions: Query<'actions.list'> = (reader, caller) => {
  const rows = reader.all<ActionRow>("SELECT * FROM actions WHERE person_id = ? AND state = 'waiting' ORDER BY id DESC LIMIT 100", asPeer(caller).peerId)
  return { actions: rows.map((row) => toAction(reader, row)) }
}

/** What waited when the daemon ended: its digits are gone. */
export function endWaiting(tx: Tx, deps: HandlerDeps): void {
  const rows = tx.all<{ id: number }>("SELECT id FROM actions WHERE state = 'waiting'")
  for (const { id } of rows) endAction(tx, deps, id, { state: 'ended', reason: 'The daemon was restarted.' })
}

const ENDINGS = { done: 'action.done', rejected: 'action.rejected', ended: 'action.ended' } as const

interface End {
  readonly state: 'done' | 'rejected' | 'ended'
  readonly reason?: string
  /** By what it was done. */
  readonly how?: 'device' | 'passphrase'
  readonly actor?: number | null
  readonly output?: unknown
}

export function endAction(tx: Tx, deps: HandlerDeps, id: number, { state, reason, how, actor, output }: End): void {
  const ended = tx.run(
    "UPDATE actions SET state = ?, reason = ?, how = ?, output = ?, ended_at = ? WHERE id = ? AND state = 'waiting'",
    state,
    reason ?? null,
    how ?? null,
    output === undefined ? null : JSON.stringify(output),
    tx.now,
    id,
  )
  tx.after(() => deps.actionCodes.close(id))
  if (ended === 0) return
  const { person_id, operation } = mustFind(tx, id)
  const changed = { operation, ...(how !== undefined && { how }), ...(reason !== undefined && { reason }) }
  tx.event({ type: ENDINGS[state], actor: actor ?? null, peer: person_id, audience: 'admin', subject: ['action', id], changed })
}

function wrongDigits(tx: Tx, deps: HandlerDeps, id: number, attempt: 'wrong' | 'spent'): MusterError {
  if (attempt === 'wrong')
    return new MusterError('forbidden', { hint: 'If you are not at a terminal, reject it.' }, { message: 'The terminal shows other digits.' })
  const reason = 'Its time is over, or wrong digits were given too often.'
  tx.onFailure(() =>
    deps.pipeline.submit(
      (later) => endAction(later, deps, id, { state: 'ended', reason }),
      () => undefined,
    ),
  )
  return hasEnded({ state: 'ended', reason })
}

/** Whoever proposes must not be able to bury what a person is to look at. */
function requireRoom(tx: Tx, person: number, proposer: number | null): void {
  const rows = tx.all<{ proposed_by: number | null }>("SELECT proposed_by FROM actions WHERE person_id = ? AND state = 'waiting'", person)
  const own = rows.filter(({ proposed_by }) => proposed_by === proposer).length
  if (rows.length < LIMITS.maxWaitingActions && own < LIMITS.maxProposedActions) return
  throw new MusterError('too_many_requests', { hint: 'So many actions wait for this person already. Those that nobody approves end after five minutes.' })
}

/** @throws MusterError `invalid_input` where it is not clear who is meant */
function personFor(tx: Tx, caller: Caller, address: string | undefined): number {
  if (address !== undefined) {
    const peer = resolveOne(tx, caller, address)
    if (peer.role !== 'person') throw new MusterError('invalid_input', { field: 'person', hint: `${peer.name} is ${peer.role}.` })
    return peer.id
  }
  const all = people(tx, LIMITS.maxCandidates)
  const [only] = all
  if (only && all.length === 1) return only.id
  throw new MusterError('invalid_input', {
    field: 'person',
    hint: all.length === 0 ? 'There is no person on this node yet: muster pair makes the first.' : 'Say which person: there are several.',
  })
}

/** For its person, for who proposed it, and for the administrator. */
export function actionOf(reader: Reader, caller: Caller, id: string): ActionRow {
  const row = find(reader, reader.number('action', id))
  const self = actorOf(caller)
  const isTheirs = caller.kind === 'admin' || (row !== undefined && self !== null && (row.person_id === self || row.proposed_by === self))
  if (!row || !isTheirs) throw notFound(id)
  return row
}

export function requireWaiting(row: ActionRow): void {
  if (row.state !== 'waiting') throw hasEnded(row)
}

function hasEnded({ state, reason }: Pick<ActionRow, 'state' | 'reason'>): MusterError {
  const became = state === 'ended' ? 'has ended' : `was ${state} already`
  return new MusterError('already_closed', { state, reason }, { message: `The action ${became}.${reason === null ? '' : ` ${reason}`}` })
}

function find(reader: Reader, id: number): ActionRow | undefined {
  return reader.get<ActionRow>('SELECT * FROM actions WHERE id = ?', id)
}

export function mustFind(reader: Reader, id: number): ActionRow {
  const row = find(reader, id)
  if (!row) throw notFound(reader.id('action', id))
  return row
}

function notFound(id: string): MusterError {
  return new MusterError('not_found', { id })
}

function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}
