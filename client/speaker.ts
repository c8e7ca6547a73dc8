import type { Artifact, Input, Message, Output, Sent } from '../src/contract/index.ts'
import type { AskHandle, Asks } from './asks.ts'
import type { FileSource, Opened } from './attachments.ts'
import type { Bounds } from './bounded.ts'
import type { Call } from './calls.ts'

/** What a message is to carry: the id of an upload or of an attachment, an attachment itself, or a file to upload (Node). */
export type Attached = string | { readonly id: string } | FileSource
type Sending<N extends 'threads.ask' | 'threads.notify'> = Omit<Input<N>, 'to' | 'body' | 'causedBy' | 'attachments'> & {
  readonly attachments?: readonly Attached[] | undefined
} & Bounds

/** `deadline` (`'15m'`) is the daemon's promise to end the ask; `timeoutMs` is only the caller's patience. */
export type AskOptions = Omit<Sending<'threads.ask'>, 'select'> & { readonly select?: 'one' }
export type NotifyOptions = Sending<'threads.notify'>

/** An ask that was accepted: who got it, whether that peer can be reached now, and a way to its answer. */
export interface Cast extends AskHandle {
  readonly sent: Sent
}

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
   * Asks without waiting; resolves when the daemon has the ask on disk. To ask all that a selector names, call `threads.ask`
   * with `select: 'all'` and take a `handle()` of each thread that it returns.
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
}

/** What every platform can do. */
export type Sends = Pick<Speaker, 'ask' | 'cast' | 'notify'>

/**
 * @param causedBy asked at each send for the message that led to it
 */
export function createSpeaker(asks: Asks, call: Call, causedBy: () => string | null | undefined): Sends {
  /** Input and bounds of a send. What is `undefined` in the input vanishes in the frame. Files have become ids before. */
  const prepare = <O extends NotifyOptions>(to: string, body: string, { timeoutMs, signal, ...rest }: O) => {
    return [
      { ...(rest as Omit<O, keyof Bounds | 'attachments'> & { attachments?: string[] }), to, body, causedBy: causedBy() as string | null },
      { timeoutMs, signal },
    ] as const
  }
  return {
    ask: (to, body, options = {}) => asks.ask(...prepare(to, body, options)),
    cast: async (to, body, options = {}) => {
      const [sent] = (await call('threads.ask', ...prepare(to, body, options))).sent as [Sent]
      return { ...handleOf(asks, sent.thread), sent }
    },
    notify: (to, body, options = {}) => call('threads.notify', ...prepare(to, body, options)),
  }
}

export function handleOf(asks: Asks, thread: string): AskHandle {
  return { thread, result: (bounds) => asks.result(thread, bounds), cancel: (reason) => asks.cancel(thread, reason) }
}
