import type { Output } from '../../browser.ts'

export type Gate = Output<'schedules.get'>['schedule']['gates'][number]

/** A gate as it stands in the form. */
export interface GateDraft {
  readonly if: Gate['if']
  readonly not: boolean
  /** The thread, the review, or for how long. */
  readonly value: string
  /** Whom it is about; empty for whoever the schedule is for. */
  readonly peer: string
}

interface GateWords {
  /** What must be true, and what where it is turned round. */
  readonly says: string
  readonly saysNot: string
  /** What the value is, where it has one; of a thread it is the thread itself. */
  readonly value?: { readonly label: string; readonly hint: string; readonly optional?: boolean }
  /** Whether it is about a peer; otherwise it is about a thread. */
  readonly ofPeer: boolean
}

export const GATES: Readonly<Record<Gate['if'], GateWords>> = {
  silent: {
    says: 'has been silent for',
    saysNot: 'was active within',
    value: { label: 'How long', hint: '45m' },
    ofPeer: true,
  },
  mail: { says: 'has messages waiting', saysNot: 'has no messages waiting', ofPeer: true },
  owes: { says: 'owes an answer', saysNot: 'owes no answer', ofPeer: true },
  review_owed: {
    says: 'has a review to do',
    saysNot: 'has no review to do',
    value: { label: 'Review', hint: 'any, or its id', optional: true },
    ofPeer: true,
  },
  thread_open: { says: 'is open', saysNot: 'has ended', ofPeer: false },
}

export function gateDraftOf(gate: Gate): GateDraft {
  const value = gate.if === 'silent' ? gate.for : gate.if === 'thread_open' ? gate.thread : gate.if === 'review_owed' ? (gate.review ?? '') : ''
  return { if: gate.if, not: gate.not, value, peer: 'peer' in gate ? (gate.peer ?? '') : '' }
}

export function gateOf({ if: fact, not, value, peer }: GateDraft): Gate {
  const said = value.trim()
  const of = peer.trim() === '' ? {} : { peer: peer.trim() }
  switch (fact) {
    case 'silent':
      return { if: fact, not, for: said, ...of }
    case 'thread_open':
      return { if: fact, not, thread: said }
    case 'review_owed':
      return { if: fact, not, ...(said !== '' && { review: said }), ...of }
    case 'mail':
    case 'owes':
      return { if: fact, not, ...of }
  }
}

/** "the recipient has been silent for 45m": one gate, as a part of a sentence. */
export function gateInWords(gate: Gate): string {
  const { value, peer } = gateDraftOf(gate)
  const { says, saysNot } = GATES[gate.if]
  const what = gate.not ? saysNot : says
  const who = peer === '' ? 'the recipient' : peer
  if (gate.if === 'thread_open') return `thread ${value} ${what}`
  if (gate.if === 'review_owed' && value !== '') return peer === '' ? `review ${value} is ${gate.not ? 'done' : 'to be done'}` : `${who} ${what}: ${value}`
  return `${who} ${what}${value === '' ? '' : ` ${value}`}`
}
