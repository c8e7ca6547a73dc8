import type { Artifact, Input, Message, Output, Sent, Thread } from '../src/contract/index.ts'
import type { AskHandle, Asks } from './asks.ts'
import type { FileSource, Opened } from './attachments.ts'
import type { Bounds } from './bounded.ts'
import type { Call } from './calls.ts'
import type { AskError } from './client-error.ts'
import type { OpenFan } from './fans.ts'
import type { PipeStage, PipeStart } from './pipe.ts'

/** What a message is to carry: the id of an upload or of an attachment, an attachment itself, or a file to upload (Node). */
export type Attached = string | { readonly id: string } | FileSource
type Sending<N extends 'threads.ask' | 'threads.notify' | 'threads.broadcast' | 'fans.open'> = Omit<Input<N>, 'to' | 'body' | 'causedBy' | 'attachments'> & {
  readonly attachments?: readonly Attached[] | undefined
} & Bounds

/** `deadline` (`'15m'`) is the daemon's promise to end the ask; `timeoutMs` is only the caller's patience. */
export type AskOptions = Omit<Sending<'threads.ask'>, 'select'> & { readonly select?: 'one' }
export type NotifyOptions = Sending<'threads.notify'>
/** `to`: `role:…`, `cap:…` or `circle:…`; without it, everybody of the own circle. */
export type BroadcastOptions = Sending<'threads.broadcast'> & Pick<Input<'threads.broadcast'>, 'to'>
/** `deadline` ends the fan with what there is by then; `enough: 2` ends it with the second answer and cancels the other asks. */
export type FanOptions = Sending<'fans.open'>

/** When (`at`, `cron` or `every`), to whom, and what holds it back, as in `schedules.create`. */
export type ScheduleOptions = Omit<Input<'schedules.create'>, 'body'> & Bounds

/** An ask that was accepted: who got it, whether that peer can be reached now, and a way to its answer. */
export interface Cast extends AskHandle {
  readonly sent: Sent
}

/** How an ask ended: with an answer, or with the error that its `result()` throws. */
export type AskOutcome =
  | { readonly thread: string; readonly answer: Message; readonly error?: never }
  | { readonly thread: string; readonly answer?: never; readonly error: AskError }

/** Speaks to other peers: the peer itself, and each handler's context in the name of the message it handles. */
export interface Speaker {
  /**
   * Asks a peer and waits for the answer, however often the connection is lost meanwhile.
   *
   * @param to a name, `name@circle`, an id, or with `select: 'one'` a selector such as `cap:review`
   * @param options when `signal` fires the ask is cancelled; when `timeoutMs` is over it stays open, and what comes of it goes to `onMessage`
   * @throws AskError when the ask is declined, cancelled, expires or fails
   */
  ask(to: string, body: string, options?: AskOptions): Promise<Message>
  /**
   * Asks without waiting; resolves when the daemon has the ask on disk.
   */
  cast(to: string, body: string, options?: AskOptions): Promise<Cast>
  /** Tells a peer something; resolves when the daemon has it on disk. */
  notify(to: string, body: string, options?: NotifyOptions): Promise<Output<'threads.notify'>>
  /**
   * Uploads a file, so that messages can carry it; the same content under the same name is the same artifact. Node only, as are
   * the next two.
   */
  attach(file: FileSource | string): Promise<Artifact>
  /** Opens an attachment of a message, or an upload of one's own. */
  open(file: string | { readonly id: string }): Promise<Opened>
  /** Writes it to a new file, and checks that it is what was sent. A file that exists is never overwritten. */
  download(file: string | { readonly id: string }, path: string): Promise<void>
  /** Tells everybody that a selector names, or of the own circle. Who had no room is in `refused`. */
  broadcast(body: string, options?: BroadcastOptions): Promise<Output<'threads.broadcast'>>
  /**
   * Asks many the same; resolves when the daemon has all asks on disk. Their answers are joined: `result()` of what this
   * returns has them all, and survives both programs.
   *
   * Node only, as are those below.
   *
   * @param to names, ids and selectors; a selector means all that it names
   */
  fan(to: string | readonly string[], body: string, options?: FanOptions): Promise<OpenFan>
  /**
   * Asks one peer after the other, each with the answer of the one before below its own words. The first stage may also be
   * an ask that was sent before, or an answer.
   *
   * @returns the answers of all stages; the last is the result
   * @throws PipeError for the first stage that brings no answer; those after it are not asked
   */
  pipe(...stages: readonly [PipeStart, ...PipeStage[]]): Promise<Message[]>
  /**
   * Has a message sent at a later time, or again and again: `peer.schedule('Look at the build.', { at: 'in 10m' })`. It goes to this
   * peer itself where `to` is left out, and fires whether this program runs or not.
   */
  schedule(body: string, rule: ScheduleOptions): Promise<Output<'schedules.create'>>
  /** The asks of this peer that are open, those of its fans too, newest first: who is still at work for it. */
  openAsks(): Promise<Thread[]>
  /**
   * Waits until asks have ended, one way or another; by default all of this peer's that are open now. Like `Promise.allSettled`
   * it does not reject because of how they ended: an outcome has the answer, or the error that `result()` throws.
   */
  awaitAll(asks?: readonly AskHandle[], bounds?: Bounds): Promise<AskOutcome[]>
}

/** What every platform can do. */
export type Sends = Pick<Speaker, 'ask' | 'cast' | 'notify' | 'broadcast'>
/** Asked at each send for the message that led to it. */
export type CausedBy = () => string | null | undefined

/** Input and bounds of a send. What is `undefined` in the input vanishes in the frame. Files have become ids before. */
export function prepareFor(causedBy: CausedBy) {
  return <To, O extends Bounds>(to: To, body: string, { timeoutMs, signal, ...rest }: O) =>
    [
      { ...(rest as Omit<O, keyof Bounds | 'attachments'> & { attachments?: string[] }), to, body, causedBy: causedBy() as string | null },
      { timeoutMs, signal },
    ] as const
}

export function createSpeaker(asks: Asks, call: Call, causedBy: CausedBy): Sends {
  const prepare = prepareFor(causedBy)
  return {
    ask: (to, body, options = {}) => asks.ask(...prepare(to, body, options)),
    cast: async (to, body, options = {}) => {
      const [sent] = (await call('threads.ask', ...prepare(to, body, options))).sent as [Sent]
      return { ...handleOf(asks, call, sent.thread), sent }
    },
    notify: (to, body, options = {}) => call('threads.notify', ...prepare(to, body, options)),
    broadcast: (body, { to, ...options } = {}) => call('threads.broadcast', ...prepare(to, body, options)),
  }
}

export function handleOf(asks: Asks, call: Call, thread: string): AskHandle {
  return {
    thread,
    result: (bounds) => asks.result(thread, bounds),
    status: async () => (await call('threads.get', { thread, limit: 1 })).thread,
    cancel: (reason) => asks.cancel(thread, reason),
  }
}
