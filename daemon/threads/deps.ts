import type { ThreadState } from '../../src/contract/index.ts'
import type { Contents } from '../artifacts/index.ts'
import type { PeerCaller } from '../caller.ts'
import type { RandomBytes } from '../clock.ts'
import type { Liveness } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Tx } from '../store/transaction.ts'
import type { Dispatcher, OfferWatch } from './dispatcher.ts'
import type { Delays } from './flights.ts'
import type { Post, PostedLink } from './post.ts'
import type { Room } from './room.ts'
import type { Signals } from './signals.ts'

/** What the sessions domain, which stands above, tells this one and hears from it. */
export interface SessionsPort extends Pick<Liveness, 'attended'> {
  /** A session fetched its mail itself; called after the commit. */
  fetched(peer: PeerCaller): void
}

/** How a followed thread ended, or what was decided in it when it had ended. */
export interface FollowedEnd {
  readonly threadId: number
  readonly state: Exclude<ThreadState, 'open' | 'notice'>
  /** `null`: the daemon itself. */
  readonly by: number | null
  readonly body: string
  /** Who asked. */
  readonly opener: number | null
}

/** A message that was put into mailboxes. */
export interface Delivered {
  readonly messageId: number
  /** As in the table: 1 is urgent. */
  readonly priority: number
  readonly draft: Pick<Post, 'kind' | 'from' | 'recipients'>
}

/** What a peer says on a followed thread, where that is a card of the domain above; `undefined` where it is none. */
export type CardWord = 'resolved' | 'comment' | undefined

/** Something that a person may have to deal with, or has been dealt with: messages to a peer that died, or a pair that is parked. */
export type Trouble =
  | { readonly source: 'dead_letters'; readonly about: number }
  | { readonly source: 'parked_pair'; readonly about: number; readonly other: number }

/** What the rules of this domain need besides the transaction. They read these; they change them in effects only. */
export interface ThreadDeps {
  readonly pipeline: Pipeline
  readonly dispatcher: Dispatcher
  readonly room: Room
  readonly signals: Signals
  /** Of fans, by their numbers. */
  readonly fanSignals: Signals
  /** Visibility of what pull consumers were handed. */
  readonly holds: Delays
  /** Who watches deliveries go out, where somebody does. */
  readonly watch: OfferWatch | undefined
  readonly live: Liveness
  readonly sessions: Pick<SessionsPort, 'fetched'>
  readonly random: RandomBytes
  readonly contents: Contents
  /** What the domain of reviews, which stands above, makes of a message. */
  readonly onPosted: (tx: Tx, posted: PostedLink) => void
  /** What the domain of channels, which stands above, makes of a message with recipients: it may have to reach people elsewhere. */
  readonly onDelivered: (tx: Tx, delivered: Delivered) => void
  /** A followed thread ended, or was answered late. */
  readonly onFollowedEnd: (tx: Tx, ended: FollowedEnd) => void
  /** What is said on a followed thread, before it is said. @throws MusterError where a card has been decided */
  readonly onCardWord: (tx: Tx, said: { readonly by: PeerCaller; readonly threadId: number; readonly body: string; readonly plain: boolean }) => CardWord
  /** A dead letter or a parked pair has come, or gone. */
  readonly onTrouble: (tx: Tx, trouble: Trouble) => void
  /** Parks a pair of peers and tells the orchestrators of the circle. */
  readonly parkPair: (tx: Tx, pair: { readonly a: number; readonly b: number; readonly circleId: number; readonly reason: string }) => void
}
