import { MusterError } from '../../src/errors.ts'
import type { Caller, Command } from '../caller.ts'
import type { Tx } from '../store/transaction.ts'
import type { IngressDeps } from './deps.ts'
import { changeable, toSource } from './reading.ts'
import { secretsOf, whyKeepBoth } from './rotation.ts'
import { knownSource, type SourceRow } from './rows.ts'

const PAUSE = 'UPDATE sources SET paused_at = @at, paused_by = @by, pause_reason = @reason WHERE id = @id'
const ROTATE = `UPDATE sources SET secret = @secret, new_secret = @next, rotating_since = @since, old_used_at = NULL, new_used_at = NULL WHERE id = @id`

/** Whether a source takes events, and which of its secrets verifies. Each command done twice is done once. */
export function createStateHandlers(deps: IngressDeps) {
  const asItIs = (tx: Tx, { id }: SourceRow) => ({ source: toSource(tx, deps, knownSource(tx, id)) })

  const pause: Command<'ingress.pause'> = {
    run(tx, caller, { source, reason = null }) {
      const row = changeable(tx, caller, source)
      if (row.paused_at !== null) return asItIs(tx, row)
      tx.run(PAUSE, { id: row.id, at: tx.now, by: actorOf(caller), reason })
      note(tx, row, 'source.paused', caller, { reason })
      return asItIs(tx, row)
    },
  }

  const resume: Command<'ingress.resume'> = {
    run(tx, caller, { source }) {
      const row = changeable(tx, caller, source)
      if (row.paused_at === null) return asItIs(tx, row)
      tx.run(PAUSE, { id: row.id, at: null, by: null, reason: null })
      note(tx, row, 'source.resumed', caller, {})
      return asItIs(tx, row)
    },
  }

  const rotate: Command<'ingress.rotate'> = {
    run(tx, caller, { source, secret }) {
      const row = changeable(tx, caller, source)
      const next = JSON.stringify(secret)
      if (row.new_secret === next) return asItIs(tx, row)
      if (row.new_secret !== null) throw refuse('secret', 'A rotation to another secret is under way.', 'ingress.finish ends it.')
      const rotating = { ...row, new_secret: next, rotating_since: tx.now }
      if (next === row.secret || secretsOf(rotating, deps).areSame)
        throw refuse('secret', 'The same secret stands there.', 'Put the new one into a file of its own.')
      tx.run(ROTATE, { id: row.id, secret: row.secret, next, since: tx.now })
      note(tx, row, 'source.rotating', caller, {})
      return asItIs(tx, row)
    },
  }

  const finish: Command<'ingress.finish'> = {
    run(tx, caller, { source, keep, force }) {
      const row = changeable(tx, caller, source)
      if (row.new_secret === null) return asItIs(tx, row)
      const why = force ? undefined : whyKeepBoth(row, secretsOf(row, deps), keep)
      if (why !== undefined) throw refuse('keep', why, '`force` drops the other all the same.')
      tx.run(ROTATE, { id: row.id, secret: keep === 'new' ? row.new_secret : row.secret, next: null, since: null })
      note(tx, row, 'source.rotated', caller, { kept: keep })
      return asItIs(tx, row)
    },
  }
  return { pause, resume, rotate, finish }
}

export function note(tx: Tx, row: SourceRow, type: string, caller: Caller, changed: Readonly<Record<string, unknown>>): void {
  tx.event({ type, actor: actorOf(caller), circle: row.circle_id, audience: 'granted', subject: ['source', row.id], changed })
}

export function actorOf(caller: Caller): number | null {
  return caller.kind === 'peer' ? caller.peerId : null
}

function refuse(field: string, message: string, hint: string): MusterError {
  return new MusterError('invalid_input', { field, hint }, { message })
}
