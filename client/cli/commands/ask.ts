import type { Input, Message, Output, Sent } from '../../../src/contract/index.ts'
import { expectWords, momentOf } from '../arguments.ts'
import { type AwaitOptions, ackShown, awaitOutcome, exitOf, openOutcome, showOutcome } from '../ask-outcome.ts'
import { ATTACH_FLAG, attachAll } from '../attaching.ts'
import { readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError, usageError } from '../failure.ts'
import { openPeer, type PeerCaller } from '../open-caller.ts'
import { noteReach, noteRefused, PRIORITIES, SELECT_FLAGS, selectOf } from '../sending.ts'
import { peerName } from '../show.ts'
import { safeLine, safeText } from '../text.ts'

/** A daemon that restarts is back well within this; the ask itself is on its disk. */
const PATIENCE_MS = 120_000

export const command: Command = {
  usage: ['ask <to> <body> [flags]', 'ask <to> --file <path>', 'ask <to> -'],
  about: [
    'Asks a peer and waits until the ask ends; the answer goes to stdout. Without an answer the exit status says how it ended: 7 declined,',
    '8 expired, 9 cancelled, 10 failed, 124 when --timeout is over. Ctrl-C and --timeout leave the ask open; its answer then waits in the inbox.',
  ],
  flags: {
    file: { type: 'string', short: 'f', value: 'path', summary: 'Read the body from a file' },
    ...ATTACH_FLAG,
    ...SELECT_FLAGS,
    deadline: { type: 'string', value: 'when', summary: 'When the ask expires: 15m, 24h or a time (24h)' },
    timeout: { type: 'string', value: 'duration', summary: 'How long to wait here (until the deadline)' },
    'no-wait': { type: 'boolean', summary: 'Print the thread id and do not wait' },
    'escalate-to': { type: 'string', value: 'address', summary: 'Who is told when the ask expires' },
    priority: { type: 'string', value: 'priority', summary: `${PRIORITIES.join(', ')} (normal)` },
  },
  examples: [
    ['muster ask bob "which branch is live?"', 'wait for the answer'],
    ['muster ask bob --file review.md --deadline 2h', 'a long body, a short deadline'],
    ['muster ask cap:review --one - < patch.diff', 'the one reviewer, body from stdin'],
    ['muster ask bob "what is wrong here?" --attach trace.log', 'a file with it'],
    ['muster ask bob "run the suite" --no-wait', 'only the thread id; the answer comes to the inbox'],
  ],
  run: ask,
}

async function ask(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['to', 'body?'], 'ask <to> <body>')
  const timeoutMs = flags.duration('timeout')
  const waits = !flags.on('no-wait')
  if (timeoutMs !== undefined && !waits) throw usageError('--timeout and --no-wait exclude each other', 'Say which of the two.')
  const options = optionsOf(invocation)
  const body = await readBody({ word: words[1], file: flags.text('file'), what: 'body' }, environment)
  const caller = await openPeer(invocation, { patienceMs: waits ? PATIENCE_MS : 0 })
  try {
    // From before the ask is sent: a Ctrl-C right after it still says what stays open.
    const signal = waits ? environment.interrupted() : undefined
    const attached = await attachAll(caller, flags)
    const { sent, refused } = await caller.call('threads.ask', { ...options, ...attached, body }, signal && { signal })
    noteRefused(out, refused)
    if (signal) return await waitFor(invocation, caller, { sent, refused }, { timeoutMs, signal })
    if (out.json) out.document({ asks: sent.map(openOutcome), refused })
    else for (const { thread } of sent) out.line(thread)
    return EXIT.ok
  } finally {
    await caller.close()
  }
}

async function waitFor(
  { out }: Invocation,
  caller: PeerCaller,
  { sent, refused }: Output<'threads.ask'>,
  bounds: Pick<AwaitOptions, 'timeoutMs' | 'signal'>,
): Promise<number> {
  for (const one of sent) noteReach(out, one)
  const options = { ...bounds, onReply: (message: Message) => out.note(`${safeLine(peerName(message.from))}: ${safeText(message.body)}`) }
  const ended = await Promise.all(
    sent.map(async (one) => {
      const awaited = await awaitOutcome(caller, one, options).catch((error: unknown) => lost(error, one))
      showOutcome(out, awaited, sent.length > 1)
      return awaited
    }),
  )
  if (out.json) out.document({ asks: ended.map(({ outcome }) => outcome), refused })
  // Only what was shown to the end is acked; what was cut short shows again in the inbox, whole.
  const shown = ended.filter(({ waited }) => waited === 'closed').flatMap(({ messages }) => messages)
  await ackShown(caller, shown).catch(() => out.note('The answer could not be acked, so muster inbox will show it again.'))
  return ended.map(exitOf).find((exit) => exit !== EXIT.ok) ?? EXIT.ok
}

/** The daemon is gone for longer than this waits. It has the ask on disk. */
function lost(error: unknown, { thread, to }: Sent): never {
  if (!(error instanceof CliError)) throw error
  const hint = `Its answer will be in muster inbox once the daemon runs again. Look: muster thread ${thread}`
  throw new CliError(error.code, `${error.message}; the ask to ${peerName(to)} stays open`, { hint, cause: error })
}

function optionsOf({ flags, words }: Invocation): Omit<Input<'threads.ask'>, 'body' | 'attachments'> {
  const select = selectOf(flags)
  const priority = flags.choice('priority', PRIORITIES)
  const escalateTo = flags.text('escalate-to')
  const deadline = flags.text('deadline')
  const moment = deadline === undefined ? undefined : momentOf('deadline', deadline)
  return {
    to: words[0] ?? '',
    ...(select && { select }),
    ...(priority && { priority }),
    ...(escalateTo !== undefined && { escalateTo }),
    ...(moment && ('time' in moment ? { deadlineAt: moment.time } : { deadline: moment.duration })),
  }
}
