import { expectId, expectWords } from '../arguments.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { openPeer } from '../open-caller.ts'
import { peerName } from '../show.ts'

export const command: Command = {
  usage: ['decline <thread> <reason>', 'decline <thread> --file <path>', 'decline <thread> -'],
  about: ['Declines an ask, which closes its thread. The asker is told the reason.'],
  flags: { file: fileFlag('reason') },
  examples: [['muster decline thr_k7qm2x1 "not my module: ask alice"', 'the reason is what helps the asker']],
  run: decline,
}

async function decline(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['thread', 'reason?'], 'decline <thread> <reason>')
  const [first = '', word] = words
  const thread = expectId(first, ['thread'])
  const reason = await readBody({ word, file: flags.text('file'), what: 'reason' }, environment)
  const caller = await openPeer(invocation)
  const closing = await caller.call('threads.decline', { thread, reason }).finally(caller.close)
  if (out.json) out.document({ ...closing })
  else out.line(closing.late ? `Declined ${thread} late: it was ${closing.thread.state} already.` : `Declined ${thread} of ${peerName(closing.thread.from)}.`)
  return EXIT.ok
}
