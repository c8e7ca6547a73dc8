import type { Actor } from './actor.ts'
import type { Fault } from './coverage.ts'
import type { Link } from './network.ts'

/** Something a client wants done: it may take several requests with the same key until it knows the outcome. */
export interface Intent {
  readonly method: string
  readonly params: Readonly<Record<string, unknown>>
  readonly actor: Actor
  /** The peer that the actor was then: keys belong to a peer, and an actor that joined anew is another. */
  readonly peer: number | undefined
  /** Begins the body of what it sends, so that its effects can be found. */
  readonly token?: string
  readonly key?: string
  /** The numbers that the first success named. */
  confirmed?: readonly number[]
  /** Messages with its token that are stored. */
  readonly effects: Set<number>
  readonly requests: SimRequest[]
}

/** Whether a request of it may have been carried out without anybody being told. */
export function isInDoubt(intent: Intent): boolean {
  return intent.requests.some((request) => request.arrival > 0 && !request.replied)
}

/** One frame that carries an intent. */
export interface SimRequest {
  readonly id: number
  readonly intent: Intent
  readonly link: Link
  readonly marks: Set<Fault>
  /** When it reached the daemon, counted in frames; 0: not yet. */
  arrival: number
  commitsAtArrival: number
  replied: boolean
}

/** Operations that repeat safely, because they take a key. */
export const KEYED: ReadonlySet<string> = new Set([
  'threads.ask',
  'threads.notify',
  'threads.broadcast',
  'threads.reply',
  'threads.answer',
  'threads.decline',
  'threads.cancel',
  'fans.open',
  'fans.cancel',
  'peers.register',
  'sessions.boundary',
])
