import type { Gate } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { parseDuration } from '../../src/time.ts'
import type { PeerCaller } from '../caller.ts'
import { findPeer, resolveOne } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { lastWordOf, owesAnswer, viewThread, waitsFor } from '../threads/index.ts'
import type { ScheduleDeps } from './deps.ts'

export interface GateContext {
  readonly reader: Reader
  /** In whose name facts are looked at: it learns nothing by a gate that it could not read. */
  readonly owner: PeerCaller
  /** Whom the schedule is for, where that is one peer. */
  readonly targetId: number | null
  readonly now: number
  readonly reviewOwed: ScheduleDeps['reviewOwed']
}

/**
 * Looks at the gates in their order.
 *
 * @returns why the occurrence is held back; `undefined` where it may fire
 */
export function heldBackBy(gates: readonly Gate[], context: GateContext): string | undefined {
  for (const gate of gates) {
    try {
      if (holds(gate, context) === gate.not) return sentence(gate)
    } catch (error) {
      // What it is about is gone, or out of the owner's sight: the owner is asked nothing, and told in the history.
      if (error instanceof MusterError) return `${sentence(gate)}: ${error.message}`
      throw error
    }
  }
  return undefined
}

/**
 * Checks that the owner may look at what the gates are about.
 *
 * @throws MusterError `not_found`, `ambiguous_address`, or `invalid_input` where a gate needs a peer and the schedule is for several; `field`
 *   names the gate
 */
export function requireGates(gates: readonly Gate[], context: GateContext): void {
  for (const [index, gate] of gates.entries()) {
    try {
      holds(gate, context)
    } catch (error) {
      if (!(error instanceof MusterError)) throw error
      throw new MusterError(error.code, { ...error.details, field: `gates.${index}` }, { message: error.message, cause: error })
    }
  }
}

function holds(gate: Gate, context: GateContext): boolean {
  const { reader, owner, now } = context
  switch (gate.if) {
    case 'thread_open':
      return viewThread(reader, owner, gate.thread).thread.state === 'open'
    case 'silent':
      return now - signOfLife(reader, peerOf(gate.peer, context)) >= (parseDuration(gate.for) as number)
    case 'mail':
      return waitsFor(reader, peerOf(gate.peer, context))
    case 'owes':
      return owesAnswer(reader, peerOf(gate.peer, context))
    case 'review_owed':
      return context.reviewOwed(reader, owner, {
        review: gate.review,
        peerId: gate.review !== undefined && gate.peer === undefined ? undefined : peerOf(gate.peer, context),
      })
  }
}

/** The last time that a peer sent something; before that, since it joined. */
function signOfLife(reader: Reader, peerId: number): number {
  return Math.max(lastWordOf(reader, peerId) ?? 0, findPeer(reader, peerId)?.created_at ?? 0)
}

function peerOf(address: string | undefined, { reader, owner, targetId }: GateContext): number {
  if (address !== undefined) return resolveOne(reader, owner, address).id
  if (targetId === null) throw new MusterError('invalid_input', { hint: 'Name the `peer` of the gate: the schedule is for several.' })
  return targetId
}

function sentence(gate: Gate): string {
  const who = 'peer' in gate && gate.peer !== undefined ? gate.peer : 'the recipient'
  switch (gate.if) {
    case 'thread_open':
      return gate.not ? 'the thread is open' : 'the thread is closed'
    case 'silent':
      return gate.not ? `${who} has been silent for ${gate.for}` : `${who} was heard within ${gate.for}`
    case 'mail':
      return gate.not ? `something waits for ${who}` : `nothing waits for ${who}`
    case 'owes':
      return gate.not ? `${who} owes an answer` : `${who} owes no answer`
    case 'review_owed': {
      const what = gate.review ?? `a review by ${who}`
      return gate.not ? `${what} is owed` : `${what} is not owed`
    }
  }
}
