import type { Message, Output, PeerRef, Sent, Thread, ThreadState } from '../../src/contract/index.ts'
import type { Bounds } from '../bounded.ts'
import { ClientError } from '../client-error.ts'
import { EXIT } from './exit-codes.ts'
import { CliError } from './failure.ts'
import type { PeerCaller } from './open-caller.ts'
import type { Output as Printer } from './output.ts'
import { attachmentLine, peerName } from './show.ts'
import { safeLine, safeText } from './text.ts'

/** What became of one ask, in the form of `--json`. */
export interface AskOutcome {
  readonly thread: string
  readonly message: string
  readonly to: PeerRef
  /** `open` where the wait ended before the ask did. */
  readonly state: ThreadState
  readonly reason: string | null
  readonly deadlineAt: string | null
  readonly answer: Message | null
  /** What was said before the end. */
  readonly replies: readonly Message[]
}

/** Why the waiting ended. */
export type Waited = 'closed' | 'timeout' | 'interrupted'

export interface Awaited {
  readonly outcome: AskOutcome
  readonly waited: Waited
  /** Everything the thread has said so far; each is a delivery in the asker's mailbox. */
  readonly messages: readonly Message[]
}

export interface AwaitOptions {
  readonly timeoutMs: number | undefined
  readonly signal: AbortSignal
  readonly onReply: (message: Message) => void
}

/** One question to the daemon; it is asked again until the ask has ended. */
const WAIT_MS = 45_000
/** How much later than asked the daemon's "nothing new" may come, before the wait counts as over without it. */
const GRACE_MS = 5_000

/** The kinds of messages that end an ask. */
const ENDS: ReadonlySet<Message['kind']> = new Set(['answer', 'decline', 'cancel', 'expire', 'fail'])

export const EXIT_OF_STATE: Readonly<Record<Exclude<ThreadState, 'open'>, number>> = {
  answered: EXIT.ok,
  notice: EXIT.ok,
  declined: EXIT.declined,
  expired: EXIT.expired,
  cancelled: EXIT.cancelled,
  failed: EXIT.failed,
}

/** How an ask without an answer is told. */
const ENDINGS: Readonly<Record<ThreadState, (who: string) => string>> = {
  declined: (who) => `${who} declined`,
  expired: (who) => `the ask to ${who} has expired`,
  cancelled: (who) => `the ask to ${who} was cancelled`,
  failed: (who) => `the ask to ${who} has failed`,
  // With one of these there was an answer, or there is no end yet.
  answered: (who) => `${who} answered`,
  notice: (who) => `${who} was told`,
  open: (who) => `the ask to ${who} is open`,
}

/** How an ask without an answer is told, with its recipient. */
export function endingOf(state: ThreadState, who: string): string {
  return ENDINGS[state](who)
}

/** An ask that was sent. */
export type Open = Pick<Sent, 'thread' | 'message' | 'to' | 'deadlineAt'>

export function openOutcome({ thread, message, to, deadlineAt }: Open): AskOutcome {
  return { thread, message, to, state: 'open', reason: null, deadlineAt, answer: null, replies: [] }
}

/** Waits until the ask ends, the time is over or the signal fires. It consumes nothing. */
export async function awaitOutcome(caller: PeerCaller, sent: Open, { timeoutMs, signal, onReply }: AwaitOptions): Promise<Awaited> {
  const endAt = performance.now() + (timeoutMs ?? Number.POSITIVE_INFINITY)
  const messages: Message[] = []
  for (;;) {
    const heard = await hear(caller, sent.thread, messages.at(-1)?.id, endAt - performance.now(), signal)
    if (typeof heard === 'string') return { outcome: { ...openOutcome(sent), replies: messages }, waited: heard, messages }
    for (const message of heard.messages) if (message.kind === 'reply') onReply(message)
    messages.push(...heard.messages)
    // The daemon gives the oldest news first, a page at a time: the end may lie beyond this page.
    const isWhole = heard.messages.length === 0 || messages.some(({ kind }) => ENDS.has(kind))
    if (heard.thread.state !== 'open' && isWhole) return { outcome: closedOutcome(sent, heard.thread, messages), waited: 'closed', messages }
  }
}

function closedOutcome(sent: Open, { state, reason, deadlineAt }: Thread, messages: readonly Message[]): AskOutcome {
  const answer = messages.find(({ kind }) => kind === 'answer') ?? null
  return { ...openOutcome(sent), state, reason, deadlineAt, answer, replies: messages.filter(({ kind }) => kind === 'reply') }
}

/** One `threads.wait`: what is new, or why there is no more waiting. */
function hear(caller: PeerCaller, thread: string, after: string | undefined, restMs: number, signal: AbortSignal): Promise<Output<'threads.wait'> | Waited> {
  const input = { thread, until: 'message', ...(after !== undefined && { after }) } as const
  return waitOnce((timeout, bounds) => caller.call('threads.wait', { ...input, timeout }, bounds), restMs, signal)
}

/** One question that the daemon answers when there is news, or why there is no more waiting. */
export async function waitOnce<T>(ask: (timeout: string, bounds: Bounds) => Promise<T>, restMs: number, signal: AbortSignal): Promise<T | Waited> {
  if (signal.aborted) return 'interrupted'
  if (restMs <= 0) return 'timeout'
  try {
    return await ask(`${Math.ceil(Math.min(WAIT_MS, restMs))}ms`, Number.isFinite(restMs) ? { signal, timeoutMs: restMs + GRACE_MS } : { signal })
  } catch (error) {
    return waitEnded(error)
  }
}

/** The ends of a wait that are no failures; everything else is thrown on. */
function waitEnded(error: unknown): Waited {
  if (error instanceof ClientError && error.code === 'aborted') return 'interrupted'
  if (error instanceof CliError && error.code === 'timeout') return 'timeout'
  throw error
}

/** Acks what was shown here, so that the inbox does not show it again. */
export async function ackShown({ call, self }: PeerCaller, messages: readonly Pick<Message, 'id'>[]): Promise<void> {
  const traces = await Promise.all(messages.map(({ id }) => call('threads.trace', { id })))
  const mine = traces.flatMap(({ deliveries }) => deliveries).filter(({ to, endedAt }) => to.id === self.id && endedAt === null)
  if (mine.length > 0) await call('mailbox.ack', { deliveries: mine.map(({ id }) => id) })
}

/** The status of several: that of the first without an answer. */
export function exitOfAll(ended: readonly Awaited[]): number {
  return ended.map(exitOf).find((exit) => exit !== EXIT.ok) ?? EXIT.ok
}

export function exitOf({ outcome, waited }: Awaited): number {
  if (outcome.state !== 'open') return EXIT_OF_STATE[outcome.state]
  return waited === 'interrupted' ? EXIT.interrupted : EXIT.timeout
}

/** The answer on stdout; everything else on stderr. */
export function showOutcome(out: Printer, awaited: Awaited, several: boolean): void {
  const { outcome, waited } = awaited
  if (outcome.answer) {
    if (out.json) return
    if (several) out.line(out.bold(`${safeLine(peerName(outcome.to))}:`))
    out.body(safeText(outcome.answer.body))
    for (const file of outcome.answer.attachments) out.note(`${attachmentLine(file)}: muster attachment get ${file.id} --out …`)
  } else if (waited === 'closed') {
    const why = outcome.reason ? `: ${outcome.reason}` : ''
    out.problem(`${ENDINGS[outcome.state](peerName(outcome.to))}${why}`)
  } else {
    const what = waited === 'interrupted' ? 'interrupted' : 'no answer in time'
    const { thread } = outcome
    out.problem(
      `${what}; the ask to ${peerName(outcome.to)} stays open`,
      `Its answer will be in muster inbox. Look: muster thread ${thread}; withdraw: muster thread ${thread} --cancel`,
    )
  }
}
