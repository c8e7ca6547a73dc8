import { MusterError } from '../../src/errors.ts'
import type { Caller, PeerCaller } from '../caller.ts'
import { GRANTED_CIRCLES, maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type CardRow, findCard, isRequester } from './rows.ts'

/** The credential says who is a person; the administrator is none. @throws MusterError `forbidden` */
export function asPerson(caller: Caller): PeerCaller {
  if (caller.kind === 'peer' && caller.role === 'person') return caller
  throw new MusterError('forbidden', { reason: 'not_a_person', hint: 'Only the credential of a person can do this.' })
}

/** Whether a caller looks after the cards of a circle: its orchestrators, people who see into it, and the administrator. */
export function overseesCards(reader: Reader, caller: Caller, circleId: number): boolean {
  if (caller.kind === 'admin') return true
  return caller.kind === 'peer' && (caller.role === 'orchestrator' || caller.role === 'person') && maySee(reader, caller, circleId)
}

/** A card that the caller has raised, or looks after. @throws MusterError `not_found` */
export function visibleCard(reader: Reader, caller: Caller, id: string): CardRow {
  const row = findCard(reader, reader.number('decision', id))
  const isOwn = row !== undefined && caller.kind === 'peer' && isRequester(reader, row.id, caller.peerId)
  if (row && (isOwn || overseesCards(reader, caller, row.circle_id))) return row
  throw new MusterError('not_found', { id, hint: 'decisions.queue shows the cards that you may see.' })
}

/** SQL for the cards `d` that a caller may see, and its values. */
export function visibleTo(caller: Caller): { readonly rule: string; readonly values: Readonly<Record<string, number>> } {
  if (caller.kind !== 'peer') return { rule: '1', values: {} }
  const own = 'd.id IN (SELECT decision_id FROM decision_requesters WHERE peer_id = @self)'
  if (caller.role !== 'orchestrator' && caller.role !== 'person') return { rule: own, values: { self: caller.peerId } }
  return { rule: `(${own} OR d.circle_id = @own OR d.circle_id IN (${GRANTED_CIRCLES}))`, values: { self: caller.peerId, own: caller.circleId } }
}
