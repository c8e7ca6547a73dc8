import type { Input, Message, NotificationParams, Output } from '../src/contract/index.ts'
import type { Speaker } from './speaker.ts'

/** An ask handler returns this to acknowledge the ask without answering it: it stays owed, for `threads.answer` later. */
export const LATER: unique symbol = Symbol('later')

/** A string is sent as it is, anything else as JSON. */

/** An answer that carries files: `return new Answer('Here it is.', [await context.attach('report.pdf')])`. */
export class Answer {
  readonly body: string
  readonly attachments: readonly (string | { readonly id: string })[]

  /** @param attachments the ids of uploads or of attachments, or what has such an id */
  constructor(body: string, attachments: Answer['attachments']) {
    this.body = body
    this.attachments = attachments
  }
}

/** An {@link Answer} and a string are sent as they are, anything else as JSON. */
export type AskResult = string | number | boolean | object | null | Answer | typeof LATER
export type AskHandler = (body: string, context: MessageContext) => AskResult | Promise<AskResult>
export type MessageHandler = (body: string, context: MessageContext) => unknown

/** Pull or merge requests, branches, ranges of commits, uploads. */
export type Touches = NonNullable<Input<'threads.answer'>['touched']>

/** What a peer does with what it is sent. Up to `prefetch` handlers run at a time, one for each thread. */
export interface Handlers {
  /** Its return value is the answer; a throw declines with the error's message. Without it, asks are declined. */
  readonly onAsk?: AskHandler
  /** The daemon's notice that a fan has ended comes here where nobody awaits it. A throw gives the notification back; it is offered again after a backoff. Without it, notifications are acknowledged unseen. */
  readonly onNotify?: MessageHandler
  /**
   * All else that nobody awaits, told apart by `context.kind`: late answers and those to asks of an earlier run, the ends of
   * such asks, interim replies, reminders, cancellations. A throw gives it back. Without it, these are acknowledged unseen.
   */
  readonly onMessage?: MessageHandler
}

export type Delivered = NotificationParams<'mailbox.deliver'>

/**
 * One delivery, as its handler sees it; what it sends names this message as its cause. It has all fields of the message: its
 * `id` is the same on every redelivery, so it can be stored together with the handler's effects; `from` is `null` where the
 * daemon itself speaks.
 */
export interface MessageContext extends Speaker, Readonly<Message> {
  readonly delivery: string
  /** The message by itself. */
  readonly message: Message
  /** Counts offers, from 1. It rises under a running handler when the connection is lost and the delivery offered again. */
  readonly attempt: number
  readonly redelivered: boolean
  /** An ask acknowledged in an earlier session and still open, presented again. */
  readonly owed: boolean
  readonly deadlineAt: string | null
  /** The fan that the ask is part of, or of whose end the daemon's notice tells: `peer.fanHandle(fanId)` has the whole for its asker. */
  readonly fanId: string | null
  /** Fires when the thread closes under the handler, or the connection is closed for good. */
  readonly signal: AbortSignal
  /** Says more in the thread without closing it; `attachments` are ids, of `attach()` for example. */
  reply(body: string, options?: { readonly attachments?: string[]; readonly touched?: Touches }): Promise<Output<'threads.reply'>>
  /** Says what the handling of this ask has made or changed: the answer tells of it, and somebody else is then owed a look. */
  touch(...things: Touches): void
}
