import type { Input, Message, Output, Sent } from '../src/contract/index.ts'
import type { AskHandle, Asks } from './asks.ts'
import type { Bounds } from './bounded.ts'
import type { Call } from './calls.ts'

type Sending<N extends 'threads.ask' | 'threads.notify'> = Omit<Input<N>, 'to' | 'body' | 'causedBy'> & Bounds

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
}

/**
 * @param causedBy asked at each send for the message that led to it
 */
export function createSpeaker(asks: Asks, call: Call, causedBy: () => string | null | undefined): Speaker {
  /** Input and bounds of a send. What is `undefined` in the input vanishes in the frame. */
  const prepare = <O extends Bounds>(to: string, body: string, { timeoutMs, signal, ...rest }: O) => {
    return [
      { ...rest, to, body, causedBy: causedBy() as string | null },
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
