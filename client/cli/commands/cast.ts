import { expectWords } from '../arguments.ts'
import { openOutcome } from '../ask-outcome.ts'
import { ASK_FLAGS, askOptions } from '../asking.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { openPeer } from '../open-caller.ts'
import { noteReach, noteRefused } from '../sending.ts'

export const command: Command = {
  usage: ['cast <to> <body> [flags]', 'cast <to> --file <path>', 'cast <to> -'],
  about: [
    'Asks a peer without waiting and prints a ticket, the id of the thread: muster result waits for the answer, muster thread looks, and',
    'muster pipe goes on from it. The answer comes to the inbox, too.',
  ],
  flags: { file: fileFlag('body'), ...ASK_FLAGS },
  examples: [
    ['ticket=$(muster cast impl "Implement the retry module")', 'work begins'],
    ['muster result "$ticket"', 'wait for it later, in any process'],
    ['muster thread --state open', 'what you still wait for'],
  ],
  run: cast,
}

async function cast(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['to', 'body?'], 'cast <to> <body>')
  const options = askOptions(invocation)
  const body = await readBody({ word: words[1], file: flags.text('file'), what: 'body' }, environment)
  const caller = await openPeer(invocation)
  const { sent, refused } = await caller.call('threads.ask', { ...options, body }).finally(caller.close)
  noteRefused(out, refused)
  for (const one of sent) noteReach(out, one)
  if (out.json) out.document({ asks: sent.map(openOutcome), refused })
  else for (const { thread } of sent) out.line(thread)
  return EXIT.ok
}
