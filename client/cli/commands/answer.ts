import { readProgress } from '../../../src/progress.ts'
import { expectId, expectWords } from '../arguments.ts'
import { ATTACH_FLAG, attachAll } from '../attaching.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openPeer } from '../open-caller.ts'
import { TOUCHED_FLAG, touchedOf } from '../reviews/what.ts'
import { peerName } from '../show.ts'

export const command: Command = {
  usage: ['answer <thread> <body>', 'answer <thread> --file <path>', 'answer <thread> -', 'answer <thread> --more <body>'],
  about: [
    'Answers an ask, which closes its thread, and acks what you were handed of it. With --more you say something without closing it: the',
    'asker may do so too. An answer to an ask that has ended is still delivered, marked late.',
  ],
  flags: {
    file: fileFlag('body'),
    ...ATTACH_FLAG,
    ...TOUCHED_FLAG,
    more: { type: 'boolean', summary: 'Say more in the thread and leave it open' },
    progress: { type: 'string', value: 'how far', summary: 'With --more, for boards: 3/5 Creating middleware' },
  },
  examples: [
    ['muster answer thr_k7qm2x1 "main, since noon"', 'answer and close'],
    ['muster answer thr_k7qm2x1 --more "looking into it"', 'say something first'],
    ['muster answer thr_k7qm2x1 --more "routes done" --progress "3/5 Middleware"', 'how far it is'],
    ['make test 2>&1 | muster answer thr_k7qm2x1 -', 'from stdin'],
  ],
  run: answer,
}

async function answer(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['thread', 'body?'], 'answer <thread> <body>')
  const [first = '', word] = words
  const thread = expectId(first, ['thread'])
  const body = await readBody({ word, file: flags.text('file'), what: 'body' }, environment)
  const touched = await touchedOf(flags, environment.cwd())
  const progress = flags.text('progress')
  if (progress !== undefined && !flags.on('more')) throw usageError('--progress goes with --more', 'Who has answered is done.')
  const caller = await openPeer(invocation)
  try {
    const attached = { ...(await attachAll(caller, flags)), ...touched }
    if (flags.on('more')) {
      const { sent, refused } = await caller.call('threads.reply', {
        thread,
        body,
        ...attached,
        ...(progress !== undefined && { progress: readProgress(progress) }),
      })
      if (out.json) out.document({ sent, refused })
      else for (const one of sent) out.line(`Said to ${peerName(one.to)} in ${thread}, which stays open.`)
      return EXIT.ok
    }
    const closing = await caller.call('threads.answer', { thread, body, ...attached })
    if (out.json) out.document({ ...closing })
    else out.line(closing.late ? `Answered ${thread} late: it was ${closing.thread.state} already.` : `Answered ${thread} of ${peerName(closing.thread.from)}.`)
    return EXIT.ok
  } finally {
    await caller.close()
  }
}
