import type { Gate, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Caller, Command, PeerCaller } from '../caller.ts'
import { findPeer, type PeerRow, resolve } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { asSender } from '../threads/index.ts'
import type { ScheduleDeps } from './deps.ts'
import { send } from './fire.ts'
import { requireGates } from './gate.ts'
import { changeable } from './reading.ts'
import { findSchedule, type OccurrenceRow, ruleOf, type ScheduleRow, toOccurrence, toSchedule } from './rows.ts'
import { nextAfter } from './rule.ts'
import { type Settings, settle } from './settings.ts'
import { note, pause, plan } from './states.ts'

const COLUMNS = [
  'body',
  'label',
  'at',
  'cron',
  'every_ms',
  'zone',
  'priority',
  'deadline_ms',
  'missed',
  'missed_window_ms',
  'missed_cap',
  'overlap',
  'jitter_ms',
  'start_at',
  'end_at',
  'max_runs',
  'quiet_from',
  'quiet_to',
  'gates',
] as const satisfies readonly (keyof Settings)[]

const INSERT = `INSERT INTO schedules (id, owner_id, circle_id, target_id, target, selects, kind, state, created_at, ${COLUMNS.join(', ')})
  VALUES (@id, @owner_id, @circle_id, @target_id, @target, @selects, @kind, 'paused', @created_at, ${COLUMNS.map((name) => `@${name}`).join(', ')})`
const UPDATE = `UPDATE schedules SET ${COLUMNS.map((name) => `${name} = @${name}`).join(', ')} WHERE id = @id`

export function createScheduleHandlers(deps: ScheduleDeps) {
  const create: Command<'schedules.create'> = {
    run(tx, caller, input) {
      const owner = asSender(caller)
      requireRoom(tx, owner.peerId)
      if (input.kind === 'notify' && input.deadline !== undefined)
        throw new MusterError('invalid_input', { field: 'deadline', hint: 'A notify has no deadline; `kind: "ask"` has.' })
      const target = targetOf(tx, owner, input)
      const settings = settle(input, tx.now, deps.zone)
      requireGates(JSON.parse(settings.gates) as Gate[], { reader: tx, owner, targetId: target.target_id, now: tx.now, reviewOwed: deps.reviewOwed })
      const id = tx.take('schedule')
      tx.run(INSERT, { id, owner_id: owner.peerId, circle_id: owner.circleId, ...target, kind: input.kind, created_at: tx.now, ...settings })
      const row = planned(tx, deps, findSchedule(tx, id) as ScheduleRow)
      tx.created = { number: id, count: 1 }
      note(tx, row, 'schedule.created', { kind: row.kind, label: row.label }, owner.peerId)
      return { schedule: toSchedule(tx, row) }
    },
    replay: (tx, _caller, created) => ({ schedule: toSchedule(tx, known(tx, created.number)) }),
  }

  const settled = (tx: Tx, { id, circle_id }: ScheduleRow) => deps.onTrouble(tx, { source: 'failed_schedule', about: id, circleId: circle_id })

  const edit: Command<'schedules.edit'> = {
    run(tx, caller, { schedule, ...said }) {
      const before = changeable(tx, caller, schedule)
      if (before.kind === 'notify' && said.deadline !== undefined)
        throw new MusterError('invalid_input', { field: 'deadline', hint: 'A notify has no deadline.' })
      const settings = settle(said, tx.now, deps.zone, before)
      const owner = ownerOf(tx, before)
      // It fires in the owner's name: what it says, and to whom, a person alone decides.
      if (owner.role === 'person' && actorOf(caller) !== owner.id)
        throw new MusterError('forbidden', { hint: 'It speaks for a person, who alone may edit it. It can be paused.' })
      if (said.gates)
        requireGates(said.gates, { reader: tx, owner: deps.callerOf(owner), targetId: before.target_id, now: tx.now, reviewOwed: deps.reviewOwed })
      tx.run(UPDATE, { id: before.id, ...only(settings) })
      const row = known(tx, before.id)
      note(tx, row, 'schedule.edited', { fields: Object.keys(said) }, actorOf(caller))
      // What is paused stays paused; what has ended begins anew where its new rule has a time to come.
      return { schedule: toSchedule(tx, row.state === 'paused' ? row : planned(tx, deps, row)) }
    },
  }

  const pauseIt: Command<'schedules.pause'> = {
    run(tx, caller, input) {
      const row = changeable(tx, caller, input.schedule)
      if (row.state === 'ended') throw new MusterError('invalid_input', { hint: 'It has ended; there is nothing to pause.' })
      return { schedule: toSchedule(tx, row.state === 'paused' ? row : pause(tx, row, input.reason ?? 'paused by hand', actorOf(caller))) }
    },
  }

  const resume: Command<'schedules.resume'> = {
    run(tx, caller, input) {
      const row = changeable(tx, caller, input.schedule)
      if (row.state === 'active') return { schedule: toSchedule(tx, row) }
      if (row.state === 'ended') throw new MusterError('invalid_input', { hint: 'It has ended. Edit its time, or make another.' })
      tx.run('UPDATE schedules SET failures = 0 WHERE id = ?', row.id)
      note(tx, row, 'schedule.resumed', {}, actorOf(caller))
      const now = planned(tx, deps, { ...row, failures: 0 })
      settled(tx, row)
      return { schedule: toSchedule(tx, now) }
    },
  }

  const run: Command<'schedules.run'> = {
    run(tx, caller, input) {
      const before = changeable(tx, caller, input.schedule)
      const { row, occurrence, refused } = send(tx, deps, before, ownerOf(tx, before), freeTime(tx, before))
      tx.created = { number: row.id, count: 1 }
      return { schedule: toSchedule(tx, row), occurrence: toOccurrence(tx, caller, occurrence), refused: [...refused] }
    },
    replay(tx, caller, created) {
      const occurrence = tx.get<OccurrenceRow>('SELECT * FROM occurrences WHERE schedule_id = ? ORDER BY at DESC LIMIT 1', created.number)
      if (!occurrence) throw new MusterError('not_found')
      return { schedule: toSchedule(tx, known(tx, created.number)), occurrence: toOccurrence(tx, caller, occurrence), refused: [] }
    },
  }

  const remove: Command<'schedules.delete'> = {
    run(tx, caller, input) {
      const row = changeable(tx, caller, input.schedule)
      tx.run('DELETE FROM occurrences WHERE schedule_id = ?', row.id)
      tx.run('DELETE FROM schedules WHERE id = ?', row.id)
      note(tx, row, 'schedule.deleted', {}, actorOf(caller))
      settled(tx, row)
      return { deleted: true }
    },
  }
  return { create, edit, pause: pauseIt, resume, run, remove }
}

/** Plans from now on; a schedule that is made or resumed has nothing to make up for. */
function planned(tx: Tx, deps: ScheduleDeps, row: ScheduleRow): ScheduleRow {
  if (nextAfter(ruleOf(row), tx.now) === undefined)
    throw new MusterError('invalid_input', { hint: 'It would never come due: look at its time, its start, its end and its quiet hours.' })
  return plan(tx, deps.random, row, tx.now)
}

function targetOf(tx: Tx, owner: PeerCaller, { to, select, kind }: Parsed<'schedules.create'>): Pick<ScheduleRow, 'target_id' | 'target' | 'selects'> {
  if (to === undefined) {
    if (select !== undefined) throw new MusterError('invalid_input', { field: 'select', hint: 'Only a selector takes `select`.' })
    return { target_id: owner.peerId, target: null, selects: null }
  }
  const found = resolve(tx, owner, to, select)
  if (select !== undefined) return { target_id: null, target: to, selects: select }
  const [only] = found as [PeerRow]
  if (kind === 'ask' && only.role === 'observer') throw new MusterError('forbidden', { hint: `${only.name} is an observer and cannot answer; notify works.` })
  return { target_id: only.id, target: null, selects: null }
}

function requireRoom(tx: Tx, ownerId: number): void {
  const count = tx.get<{ n: number }>("SELECT count(*) AS n FROM schedules WHERE owner_id = ? AND state <> 'ended'", ownerId)?.n ?? 0
  if (count >= LIMITS.maxSchedules) throw new MusterError('too_many_schedules', { limit: LIMITS.maxSchedules, hint: 'Delete some that you no longer need.' })
}

/** A due time that no occurrence of the schedule has. */
function freeTime(tx: Tx, row: ScheduleRow): number {
  let at = tx.now
  while (tx.get('SELECT 1 FROM occurrences WHERE schedule_id = ? AND due_at = ?', row.id, at)) at += 1
  return at
}

function known(tx: Tx, id: number): ScheduleRow {
  const row = findSchedule(tx, id)
  if (!row) throw new MusterError('not_found', { id: tx.id('schedule', id) })
  return row
}

function ownerOf(tx: Tx, row: ScheduleRow): PeerRow {
  const owner = findPeer(tx, row.owner_id)
  if (!owner || owner.retired_at !== null) throw new MusterError('not_found', {}, { message: 'The owner of the schedule has retired.' })
  return owner
}

function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}

function only(settings: Settings): Record<(typeof COLUMNS)[number], Settings[keyof Settings]> {
  return Object.fromEntries(COLUMNS.map((name) => [name, settings[name]])) as Record<(typeof COLUMNS)[number], Settings[keyof Settings]>
}
