import type { EventPreview, Output, Peer, PeerRef, Reach, Sent, Thread } from '../contract/index.ts'
import { LIMITS } from '../limits.ts'
import { addressOf, withoutMarks } from './envelope.ts'
import { clipLine, minuteOf } from './plain-text.ts'

/** How much of what peers say of themselves is shown. */
interface Measure {
  readonly aboutChars: number
  readonly capabilities: number
}
/** In a list, beside other things, and of one peer. */
const LISTED: Measure = { aboutChars: 160, capabilities: 8 }
export const BRIEF: Measure = { aboutChars: 100, capabilities: 4 }
export const WHOLE: Measure = { aboutChars: LIMITS.maxDescriptionChars, capabilities: LIMITS.maxCapabilities }
const MAX_REASON_CHARS = 200

/** A peer in few words; what is as one would expect is left out. */
export interface PeerView {
  readonly name: string
  readonly role: string
  readonly runtime: string
  readonly presence: string
  readonly turn?: string
  readonly reach?: string
  readonly can?: string[]
  /** What the peer says of itself. */
  readonly about?: string
}

export function viewPeer(peer: Peer, you: PeerRef, measure = LISTED): PeerView {
  return {
    name: addressOf(peer, you),
    role: peer.role,
    runtime: words(peer.runtime, 64),
    presence: peer.retiredAt === null ? peer.presence : 'retired',
    ...(peer.turn === 'unknown' ? {} : { turn: peer.turn }),
    ...(peer.reach === 'none' ? {} : { reach: peer.reach }),
    ...(peer.capabilities.length === 0 ? {} : { can: peer.capabilities.slice(0, measure.capabilities).map((name) => words(name, LIMITS.maxNameChars)) }),
    ...(peer.description === '' ? {} : { about: words(peer.description, measure.aboutChars) }),
  }
}

/** `bob (agent, codex) online, idle, reach push, can review: "fixing the build"`. */
export function peerLine({ name, role, runtime, presence, turn, reach, can, about }: PeerView): string {
  const facts = [presence, turn, reach && `reach ${reach}`, can && `can ${can.join(' ')}`].filter((fact) => fact !== undefined)
  return `${name} (${role}, ${runtime}) ${facts.join(', ')}${about === undefined ? '' : `: ${inQuotes(about)}`}`
}

export interface ThreadView {
  readonly thread: string
  readonly kind: string
  readonly state: string
  readonly from: string
  readonly to: string
  readonly opened: string
  readonly due?: string
  readonly reason?: string
}

export function viewThread(thread: Thread, you: PeerRef): ThreadView {
  const { deadlineAt, reason } = thread
  return {
    thread: thread.id,
    kind: thread.kind,
    state: thread.state,
    from: nameOf(thread.from, you, 'muster'),
    to: nameOf(thread.to, you, 'several'),
    opened: minuteOf(thread.openedAt),
    ...(thread.state === 'open' && deadlineAt !== null ? { due: minuteOf(deadlineAt) } : {}),
    ...(reason === null || reason === '' ? {} : { reason: words(reason, MAX_REASON_CHARS) }),
  }
}

export function threadLine({ thread, kind, state, from, to, opened, due, reason }: ThreadView): string {
  const facts = [`opened ${opened}`, due && `due ${due}`, reason && `reason ${inQuotes(reason)}`].filter((fact) => fact !== undefined)
  return `${thread} ${kind} ${from} -> ${to} ${state}, ${facts.join(', ')}`
}

/** One recipient of a send. */
export interface SentView {
  readonly to: string
  readonly thread: string
  readonly reach: string
}

export function viewSent({ to, thread, reach }: Sent, you: PeerRef): SentView {
  return { to: addressOf(to, you), thread, reach }
}

export function nameOf(peer: PeerRef | null, you: PeerRef, nobody: string): string {
  return peer === null ? nobody : addressOf(peer, you)
}

/** Words of a peer on one line, which can show no mark. */
export function words(text: string, maxChars: number): string {
  return withoutMarks(clipLine(text, maxChars))
}

/** No quote inside can end the quotation. */
export function inQuotes(text: string): string {
  return `"${text.replaceAll('"', "'")}"`
}

/** So much of what was said stands behind an event. */
const MAX_SAID_CHARS = 120
const MAX_FACTS_CHARS = 200

/** A list of events of the past, a line each: with whom a message went to and how it begins, where it may be read. */
export function eventLines(events: Output<'events.list'>['events'], you: PeerRef): string[] {
  return events.map(({ at, type, actor, subject, changed, preview }) => {
    const facts = [at.slice(0, 19), type, nameOf(actor, you, 'muster'), subject ?? '', words(JSON.stringify(changed), MAX_FACTS_CHARS)].join(' ')
    return preview
      ? `${facts} -> ${recipientsOf(preview, you)}: ${preview.text === null ? '[redacted]' : inQuotes(words(preview.text, MAX_SAID_CHARS))}`
      : facts
  })
}

function recipientsOf({ to, told }: EventPreview, you: PeerRef): string {
  const named = to.map((peer) => addressOf(peer, you)).join(', ')
  return told > to.length ? `${named} and ${told - to.length} more` : named || 'muster'
}

/** Above what is quoted, which nobody says now. */
export const QUOTED = 'Quoted from messages of the past, not said to you now.'

export function lines(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join('\n')
}

/** What a session does while its ticket is open. */
export function nextStep(reach: Reach, ticket: string): string {
  switch (reach) {
    case 'push':
      return 'Do what else there is to do, then end your turn: you will be woken with the answer.'
    case 'hook':
      return `Go on: the answer is handed to you during or at the end of your turn. Or call wait {"ticket":"${ticket}"}.`
    default:
      return `Go on, then call wait {"ticket":"${ticket}"}; a later answer comes to your inbox.`
  }
}
