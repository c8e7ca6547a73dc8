import type { Input, Message, Sent } from '../../src/contract/index.ts'
import { momentOf } from './arguments.ts'
import { type Awaited, type AwaitOptions, ackShown, awaitOutcome, type Open, showOutcome } from './ask-outcome.ts'
import type { Invocation } from './command.ts'
import { CliError, usageError } from './failure.ts'
import type { Flag } from './flags.ts'
import type { PeerCaller } from './open-caller.ts'
import type { Output } from './output.ts'
import { noteReach, PRIORITIES, PRIORITY_FLAG, SELECT_FLAGS, selectOf } from './sending.ts'
import { peerName } from './show.ts'
import { TASK_FLAGS, taskOf } from './tasking.ts'
import { safeLine, safeText } from './text.ts'

/** A daemon that restarts is back well within this; the ask itself is on its disk. */
export const PATIENCE_MS = 120_000

export const TERM_FLAGS = {
  deadline: { type: 'string', value: 'when', summary: 'When the ask expires: 15m, 24h or a time (24h)' },
  ...PRIORITY_FLAG,
} as const satisfies Record<string, Flag>
/** What may be said of an ask to one, or to all that a selector names. */
export const ASK_FLAGS = {
  ...SELECT_FLAGS,
  ...TERM_FLAGS,
  'escalate-to': { type: 'string', value: 'address', summary: 'Who is told when the ask expires' },
  ...TASK_FLAGS,
} as const satisfies Record<string, Flag>
export const TIMEOUT_FLAG = { type: 'string', value: 'duration', summary: 'How long to wait here (until the deadline)' } as const satisfies Flag

/** `--deadline` and `--priority`. */
export function termsOf({ flags }: Invocation): Pick<Input<'threads.ask'>, 'deadline' | 'deadlineAt' | 'priority'> {
  const priority = flags.choice('priority', PRIORITIES)
  const deadline = flags.text('deadline')
  const moment = deadline === undefined ? undefined : momentOf('deadline', deadline)
  return {
    ...(priority && { priority }),
    ...(moment && ('time' in moment ? { deadlineAt: moment.time } : { deadline: moment.duration })),
  }
}

/** All that {@link ASK_FLAGS} say, with the address. */
export function askOptions(invocation: Invocation): Omit<Input<'threads.ask'>, 'body'> {
  const { flags, words } = invocation
  const select = selectOf(flags)
  const escalateTo = flags.text('escalate-to')
  return { to: words[0] ?? '', ...(select && { select }), ...(escalateTo !== undefined && { escalateTo }), ...termsOf(invocation), ...taskOf(invocation) }
}

/** Waits for asks, says what there is to know of their recipients first, and shows each end as it comes. */
export async function awaitSent(out: Output, caller: PeerCaller, sent: readonly Sent[], bounds: Bounds): Promise<Awaited[]> {
  for (const one of sent) noteReach(out, one)
  return await awaitShown(out, caller, sent, bounds)
}

type Bounds = Pick<AwaitOptions, 'timeoutMs' | 'signal'>

/** Waits for asks and shows each end as it comes. What was shown is acked: the inbox does not show it again. */
export async function awaitShown(out: Output, caller: PeerCaller, asks: readonly Open[], bounds: Bounds): Promise<Awaited[]> {
  const ended = await Promise.all(
    asks.map(async (ask) => {
      const awaited = await awaitAsk(out, caller, ask, bounds)
      showOutcome(out, awaited, asks.length > 1)
      return awaited
    }),
  )
  await ackEnded(out, caller, ended)
  return ended
}

/** Waits for one ask, and shows what its recipient says before the end. */
export function awaitAsk(out: Output, caller: PeerCaller, ask: Open, bounds: Bounds): Promise<Awaited> {
  const onReply = (message: Message): void => out.note(`${safeLine(peerName(message.from))}: ${safeText(message.body)}`)
  return awaitOutcome(caller, ask, { ...bounds, onReply }).catch((error: unknown) => lost(error, ask))
}

/** Only what was shown to the end is acked; what was cut short shows again in the inbox, whole. */
export async function ackEnded(out: Output, caller: PeerCaller, ended: readonly Awaited[]): Promise<void> {
  const shown = ended.filter(({ waited }) => waited === 'closed').flatMap(({ messages }) => messages)
  await ackShown(caller, shown).catch(() => out.note('The answer could not be acked, so muster inbox will show it again.'))
}

/** The daemon is gone for longer than this waits. It has the ask on disk. */
function lost(error: unknown, { thread, to }: Open): never {
  if (!(error instanceof CliError)) throw error
  const hint = `Its answer will be in muster inbox once the daemon runs again. Look: muster thread ${thread}`
  throw new CliError(error.code, `${error.message}; the ask to ${peerName(to)} stays open`, { hint, cause: error })
}

/** An ask of the caller, by its thread. */
export async function askOf(caller: PeerCaller, id: string): Promise<Open> {
  const { thread, message } = await caller.call('threads.trace', { id })
  if (thread.kind !== 'ask' || thread.to === null || thread.from?.id !== caller.self.id)
    throw usageError(`${id} is no ask of yours`, 'muster thread lists those that are.')
  return { thread: id, message: message.id, to: thread.to, deadlineAt: thread.deadlineAt }
}
