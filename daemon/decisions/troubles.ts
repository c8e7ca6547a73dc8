import type { Card } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import { findPeer, peopleOf, refOf } from '../peers/index.ts'
import { failedSchedule } from '../schedules/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { deadOfMailbox, parkedUntil } from '../threads/index.ts'
import type { DecisionDeps } from './deps.ts'
import { type Draft, insert, waitingByFold } from './raising.ts'
import type { CardRow, Content, Letter } from './rows.ts'
import { settle } from './settling.ts'

/** Something that a person may have to deal with. */
export interface TroubleAt {
  readonly source: Exclude<Card['source'], 'peer' | 'permission'>
  /** The peer whose mail died, the first of a pair, or the schedule. */
  readonly about: number
  readonly other?: number
  /** Where it is decided: of a schedule. Otherwise it is the circle of the peer. */
  readonly circleId?: number
}

/**
 * Looks at a trouble: while it lasts there is one card for it, wherever there are people who can decide it; when it is over, the card goes. Once decided, a
 * card comes back only with another trouble.
 */
export function lookAtTrouble(tx: Tx, deps: DecisionDeps, trouble: TroubleAt): void {
  const { source, about, other } = trouble
  const circleId = trouble.circleId ?? findPeer(tx, about)?.circle_id
  if (circleId === undefined) return
  const fold = `${source} ${about} ${other ?? ''}`
  const waiting = waitingByFold(tx, circleId, fold)
  if (!waiting && peopleOf(tx, circleId, 1).length === 0) return
  const draft = draftOf(tx, trouble)
  if (waiting && !draft) settle(tx, deps, waiting, { state: 'withdrawn', how: 'settled', by: null })
  if (waiting || !draft) return
  insert(tx, deps, draft, { circleId, fold, source, about, other }, null)
}

/** `undefined` where there is no such trouble any more. */
function draftOf(tx: Tx, { source, about, other = 0 }: TroubleAt): Draft | undefined {
  if (source === 'dead_letters') return deadLetters(tx, about)
  return source === 'parked_pair' ? parkedPair(tx, about, other) : failing(tx, about)
}

const question = (
  content: Omit<Content, 'v' | 'arguments' | 'options'> & { readonly options: readonly Omit<Content['options'][number], 'does'>[] },
): Content => ({
  v: 1,
  ...content,
  arguments: null,
  options: content.options.map((option) => ({ ...option, does: null })),
})
const LEAVE = { text: 'Leave it', pros: 'Nothing changes.', cons: 'It stays as it is.', safe: true } as const
const NORMAL = 2

function deadLetters(tx: Reader, peerId: number): Draft | undefined {
  if (deadOfMailbox(tx, peerId, 1).length === 0) return undefined
  const name = refOf(tx, peerId)?.name ?? 'a peer'
  const isGone = findPeer(tx, peerId)?.retired_at !== null
  const replay = {
    text: 'Deliver them again',
    pros: 'Nothing is lost.',
    cons: isGone ? 'It has retired, so none will arrive.' : 'They may fail as before.',
    safe: false,
  }
  const discard = { text: 'Discard them', pros: 'They are out of the way.', cons: 'Nobody will receive them.', safe: false }
  const content = question({
    question: `What should become of the dead letters of ${name}?`,
    context: `Messages to ${name} could not be delivered and are kept as dead letters. mailbox.dead lists them.`,
    options: isGone ? [discard, LEAVE] : [replay, discard, LEAVE],
    recommendation: isGone
      ? { option: 'b', because: 'nobody is there to receive them, and they can be read as they are.' }
      : { option: 'a', because: 'it loses nothing, and a letter that fails again is kept again.' },
    risk: 'A message that makes its recipient fail makes it fail again.',
  })
  return { kind: 'question', content, priority: NORMAL, byDefault: null, afterMs: null }
}

function parkedPair(tx: Tx, a: number, b: number): Draft | undefined {
  const parked = parkedUntil(tx, a, b, tx.now)
  if (!parked) return undefined
  const [one, two] = [refOf(tx, a)?.name, refOf(tx, b)?.name]
  const content = question({
    question: `Should ${one} and ${two} go on at once?`,
    context: `They were parked because they kept each other busy: ${parked.reason}. By itself it is over soon.`,
    options: [
      { text: 'Release them', pros: 'Their work goes on.', cons: 'They may keep each other busy again.', safe: false },
      { ...LEAVE, text: 'Leave them parked' },
    ],
    recommendation: { option: 'b', because: 'it ends by itself, and costs nothing meanwhile.' },
    risk: 'What they wanted to tell each other waits.',
  })
  return { kind: 'question', content, priority: NORMAL, byDefault: 'b', afterMs: Math.max(parked.until - tx.now, 1) }
}

function failing(tx: Reader, schedule: number): Draft | undefined {
  const row = failedSchedule(tx, schedule)
  if (!row) return undefined
  const owner = refOf(tx, row.owner_id)?.name
  const content = question({
    question: `What should become of ${tx.id('schedule', schedule)} of ${owner}?`,
    context: `It was paused after ${row.failures} failures in a row. schedules.history says why.`,
    options: [
      { text: 'Resume it', pros: 'It fires again when it comes due.', cons: 'It may fail again.', safe: false },
      { text: 'Delete it', pros: 'It is out of the way.', cons: 'It is gone, with its history.', safe: false },
      { ...LEAVE, text: 'Leave it paused' },
    ],
    recommendation: { option: 'a', because: 'what made it fail may be over, and otherwise it pauses again.' },
    risk: 'What it is for does not happen while it is paused.',
  })
  return { kind: 'question', content, priority: NORMAL, byDefault: null, afterMs: null }
}

/** Does what was chosen on a card of the daemon, in the name of the person who chose it. @throws MusterError what refuses that */
export function perform(tx: Tx, deps: DecisionDeps, row: CardRow, option: Letter, by: PeerCaller): void {
  const { source, about, other } = row
  if (about === null) return
  if (source === 'failed_schedule' && option !== 'c') deps.schedules.settle(tx, about, option === 'a' ? 'resume' : 'delete', by)
  if (source === 'parked_pair' && option === 'a') deps.threads.release(tx, { a: about, b: other ?? 0, circleId: row.circle_id }, by.peerId)
  if (source !== 'dead_letters') return
  const discards = (JSON.parse(row.content) as Content).options.length === 2 ? 'a' : 'b'
  const how = option === discards ? 'discard' : option === 'a' ? 'replay' : undefined
  if (how) deps.threads.endDead(tx, about, how, { by: by.peerId, limit: LIMITS.batchOperations })
}
