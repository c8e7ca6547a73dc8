import type { Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { parseDuration } from '../../src/time.ts'
import type { PeerCaller } from '../caller.ts'
import { maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { grant } from './approvals.ts'
import type { DecisionDeps } from './deps.ts'
import { asPerson } from './people.ts'
import { type ApprovalRow, type CardRow, closedOf, contentOf, LETTERS, type Letter, requestersOf } from './rows.ts'
import { settle } from './settling.ts'
import { perform } from './troubles.ts'

export interface Choice extends Pick<Parsed<'decisions.resolve'>, 'option' | 'revise' | 'note' | 'lease'> {
  readonly how: 'resolved' | 'letter'
  /** What was said on the thread; by default the letter and the note. */
  readonly said?: string
  /** By what it was decided, where that is no device: a channel. */
  readonly device?: string
}

/**
 * Decides a card, in the name of a person.
 *
 * @throws MusterError `forbidden` for anybody else; `already_closed` with who, when and how
 */
export function resolve(
  tx: Tx,
  deps: DecisionDeps,
  row: CardRow,
  caller: PeerCaller,
  choice: Choice,
): { readonly row: CardRow; readonly approvals: ApprovalRow[] } {
  const by = asPerson(caller)
  if (!maySee(tx, by, row.circle_id)) throw new MusterError('not_found', { id: tx.id('decision', row.id) })
  refuseDecided(tx, row)
  const { option, revise, note, how, lease, device } = choice
  if (option === undefined) return { row: settle(tx, deps, row, { state: 'revised', how, by, device, note: revise, said: revise }), approvals: [] }
  const chosen = contentOf(row).options[LETTERS.indexOf(option)]
  if (!chosen) throw noSuchOption(row)
  const state = row.kind === 'question' ? 'answered' : chosen.does === 'approve' ? 'approved' : 'denied'
  if (lease && state !== 'approved') throw new MusterError('invalid_input', { field: 'lease', hint: 'A lease goes with an option that approves.' })
  const approvals = state === 'approved' ? grantAll(tx, row, by, lease) : []
  const said = choice.said ?? (note === undefined ? option : `${option}\n\n${note}`)
  const now = settle(tx, deps, row, { state, how, by, device, option, note, said, approvals })
  perform(tx, deps, now, option, by)
  return { row: now, approvals }
}

function grantAll(tx: Tx, row: CardRow, by: PeerCaller, lease: Choice['lease']): ApprovalRow[] {
  // A yes to what a runtime asks is told to whoever waits for it, and leaves nothing that could be used later.
  if (row.source === 'permission' && !lease) return []
  const forMs = lease ? (parseDuration(lease.for) as number) : LIMITS.approvalMs
  if (forMs <= 0 || forMs > LIMITS.maxLeaseMs) throw new MusterError('invalid_input', { field: 'lease', hint: 'A lease lasts for 30 days at most.' })
  return requestersOf(tx, row.id)
    .filter(({ waits }) => waits === 1)
    .map(({ peer_id }) => grant(tx, row, peer_id, { by: by.peerId, forMs, scope: lease?.scope ?? null, uses: lease?.count ?? 1 }))
}

/** @throws MusterError `already_closed` */
export function refuseDecided(reader: Reader, row: CardRow): void {
  const closed = closedOf(reader, row)
  if (!closed) return
  const who = closed.by ? `${closed.by.name}${closed.device ? ` (${closed.device})` : ''}` : 'the daemon'
  const hint = `It is ${row.state}${row.option ? `: ${row.option}` : ''}, by ${who} at ${closed.at}.`
  const facts = { card: reader.id('decision', row.id), state: row.state, option: row.option, ...closed, hint }
  throw new MusterError('already_closed', facts, { message: 'The card has been decided already.' })
}

function noSuchOption(row: CardRow): MusterError {
  const last: Letter = LETTERS[contentOf(row).options.length - 1] ?? 'a'
  return new MusterError('invalid_input', { field: 'option', hint: `The card has the options a to ${last}.` })
}
