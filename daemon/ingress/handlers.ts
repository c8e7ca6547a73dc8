import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Command } from '../caller.ts'
import { makeService, resolve, visibleCircle } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { senderOf } from './accept.ts'
import type { IngressDeps } from './deps.ts'
import type { Rates } from './rates.ts'
import { changeable, requireManager, toSource } from './reading.ts'
import { knownSource, type SourceRow, sourceNamed } from './rows.ts'
import { type Settings, settle } from './settings.ts'
import { actorOf, note } from './states.ts'

const COLUMNS = [
  'verify',
  'secret',
  'target',
  'selects',
  'kind',
  'deadline_ms',
  'priority',
  'topic',
  'template',
  'events',
  'filters',
  'per_minute',
] as const satisfies readonly (keyof Settings)[]

const INSERT = `INSERT INTO sources (id, name, circle_id, peer_id, created_by, created_at, ${COLUMNS.join(', ')})
  VALUES (@id, @name, @circle_id, @peer_id, @created_by, @created_at, ${COLUMNS.map((name) => `@${name}`).join(', ')})`
const UPDATE = `UPDATE sources SET ${COLUMNS.map((name) => `${name} = @${name}`).join(', ')} WHERE id = @id`

export function createSourceHandlers(deps: IngressDeps, rates: Rates) {
  const create: Command<'ingress.create'> = {
    run(tx, caller, input) {
      requireManager(caller)
      const circleId = visibleCircle(tx, caller, input.circle)
      const settings = settle(input)
      requireRoom(tx, input.name)
      const peerId = makeService(tx, { name: `hook-${input.name}`, description: `Sends what the source ${input.name} is sent from outside; reads no mail` })
      const id = tx.take('source')
      const created = { id, name: input.name, circle_id: circleId, peer_id: peerId, created_by: actorOf(caller), created_at: tx.now }
      tx.run(INSERT, { ...created, ...settings })
      const row = knownSource(tx, id)
      requireTarget(tx, deps, row)
      tx.created = { number: id, count: 1 }
      note(tx, row, 'source.created', caller, { name: row.name })
      return { source: toSource(tx, deps, row) }
    },
    replay: (tx, _caller, created) => ({ source: toSource(tx, deps, knownSource(tx, created.number)) }),
  }

  const update: Command<'ingress.update'> = {
    run(tx, caller, { source, ...said }) {
      const before = changeable(tx, caller, source)
      tx.run(UPDATE, { id: before.id, ...settle(said, before) })
      const row = knownSource(tx, before.id)
      requireTarget(tx, deps, row)
      note(tx, row, 'source.updated', caller, { fields: Object.keys(said) })
      return { source: toSource(tx, deps, row) }
    },
  }

  const remove: Command<'ingress.remove'> = {
    run(tx, caller, { source }) {
      const row = changeable(tx, caller, source)
      // What came goes with retention: there may be more of it than one command should delete.
      tx.run('DELETE FROM sources WHERE id = ?', row.id)
      note(tx, row, 'source.removed', caller, { name: row.name })
      deps.threads.receiveAll(tx, row.peer_id)
      deps.retire(tx, row.peer_id, `the source ${row.name} was removed`)
      tx.after(() => {
        deps.refusals.forget(row.id)
        rates.forget(row.id)
      })
      return { removed: true }
    },
  }
  return { create, update, remove }
}

/** A name can be checked now; whom a selector means shows when something comes. */
function requireTarget(tx: Tx, deps: IngressDeps, row: SourceRow): void {
  try {
    resolve(tx, senderOf(tx, deps, row), row.target, row.selects ?? undefined)
  } catch (error) {
    const mayCome = row.selects !== null && error instanceof MusterError && (error.code === 'not_found' || error.code === 'ambiguous_address')
    if (!mayCome) throw error
  }
}

function requireRoom(tx: Tx, name: string): void {
  if (sourceNamed(tx, name))
    throw new MusterError('name_taken', { name, hint: 'ingress.list shows those that there are.' }, { message: `There is a source ${name} already.` })
  const count = tx.get<{ n: number }>('SELECT count(*) AS n FROM sources')?.n ?? 0
  if (count >= LIMITS.maxSources)
    throw new MusterError('invalid_input', { limit: LIMITS.maxSources, hint: `At most ${LIMITS.maxSources} sources; remove one that you no longer need.` })
}
