import { expectWords } from '../arguments.ts'
import { ATTACH_FLAG, attachAll } from '../attaching.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { openPeer } from '../open-caller.ts'
import { TOUCHED_FLAG, touchedOf } from '../reviews/what.ts'
import { NOTIFY_FLAGS, noteRefused, PRIORITIES, SELECT_FLAGS, selectOf } from '../sending.ts'
import { peerName } from '../show.ts'

export const command: Command = {
  usage: ['notify <to> <body>', 'notify <to> --file <path>', 'notify <to> -'],
  about: [
    'Tells a peer something that needs no answer, and returns when it is on disk. A peer that is offline gets it on its return.',
    'A newer notify with the same --topic replaces the one that still waits.',
  ],
  flags: {
    file: fileFlag('body'),
    ...ATTACH_FLAG,
    ...TOUCHED_FLAG,
    ...SELECT_FLAGS,
    ...NOTIFY_FLAGS,
  },
  examples: [
    ['muster notify bob "the build is green"', 'one peer'],
    ['muster notify cap:review --all "new branch: fix-142"', 'all who review'],
    ['muster notify lead "the sails are done" --touched .', 'and the branch that is checked out is owed a review'],
    ['git diff | muster notify bob -', 'from stdin'],
    ['muster notify bob --topic build "build 143 runs"', 'only the newest counts'],
  ],
  run: notify,
}

async function notify(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['to', 'body?'], 'notify <to> <body>')
  const [to = '', word] = words
  const select = selectOf(flags)
  const topic = flags.text('topic')
  const priority = flags.choice('priority', PRIORITIES)
  const body = await readBody({ word, file: flags.text('file'), what: 'body' }, environment)
  const touched = await touchedOf(flags, environment.cwd())
  const caller = await openPeer(invocation)
  const input = { to, body, ...touched, ...(select && { select }), ...(topic !== undefined && { topic }), ...(priority && { priority }) }
  const send = async () => await caller.call('threads.notify', { ...input, ...(await attachAll(caller, flags)) })
  const { sent, refused } = await send().finally(caller.close)
  if (out.json) {
    out.document({ sent, refused })
    return EXIT.ok
  }
  for (const one of sent) out.line(`Told ${peerName(one.to)} (${one.state}, reach ${one.reach}): ${one.message}`)
  noteRefused(out, refused)
  return EXIT.ok
}
