import { expectWords } from '../arguments.ts'
import { exitOfAll, openOutcome } from '../ask-outcome.ts'
import { ASK_FLAGS, askOptions, awaitSent, PATIENCE_MS, TIMEOUT_FLAG } from '../asking.ts'
import { ATTACH_FLAG, attachAll } from '../attaching.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openPeer } from '../open-caller.ts'
import { noteRefused } from '../sending.ts'

export const command: Command = {
  usage: ['ask <to> <body> [flags]', 'ask <to> --file <path>', 'ask <to> -'],
  about: [
    'Asks a peer and waits until the ask ends; the answer goes to stdout. Without an answer the exit status says how it ended: 7 declined,',
    '8 expired, 9 cancelled, 10 failed, 124 when --timeout is over. Ctrl-C and --timeout leave the ask open; its answer then waits in the inbox.',
  ],
  flags: {
    file: fileFlag('body'),
    ...ATTACH_FLAG,
    ...ASK_FLAGS,
    timeout: TIMEOUT_FLAG,
    'no-wait': { type: 'boolean', summary: 'Print the thread id and do not wait' },
  },
  examples: [
    ['muster ask bob "which branch is live?"', 'wait for the answer'],
    ['muster ask bob --file review.md --deadline 2h', 'a long body, a short deadline'],
    ['muster ask cap:review --one - < patch.diff', 'the one reviewer, body from stdin'],
    ['muster ask bob "what is wrong here?" --attach trace.log', 'a file with it'],
    ['muster ask bob --file auth.md --task "Implement auth" --task-name auth', 'as boards show it'],
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
  const options = askOptions(invocation)
  const body = await readBody({ word: words[1], file: flags.text('file'), what: 'body' }, environment)
  const caller = await openPeer(invocation, { patienceMs: waits ? PATIENCE_MS : 0 })
  try {
    // From before the ask is sent: a Ctrl-C right after it still says what stays open.
    const signal = waits ? environment.interrupted() : undefined
    const attached = await attachAll(caller, flags)
    const { sent, refused } = await caller.call('threads.ask', { ...options, ...attached, body }, signal && { signal })
    noteRefused(out, refused)
    if (signal) {
      const ended = await awaitSent(out, caller, sent, { timeoutMs, signal })
      if (out.json) out.document({ asks: ended.map(({ outcome }) => outcome), refused })
      return exitOfAll(ended)
    }
    if (out.json) out.document({ asks: sent.map(openOutcome), refused })
    else for (const { thread } of sent) out.line(thread)
    return EXIT.ok
  } finally {
    await caller.close()
  }
}
