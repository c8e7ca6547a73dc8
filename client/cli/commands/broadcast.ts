import { expectWords } from '../arguments.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { openPeer } from '../open-caller.ts'
import { NOTIFY_FLAGS, noteRefused, PRIORITIES } from '../sending.ts'
import { peerName } from '../show.ts'

export const command: Command = {
  usage: ['broadcast <body> [--to <selector>]', 'broadcast --file <path>', 'broadcast -'],
  about: [
    'Tells everybody of your circle something that needs no answer, or with --to those that role:<role>, cap:<capability> or',
    'circle:<circle> means, as far as you reach them. You are not told yourself. Who has no room is named; the others have it.',
  ],
  flags: {
    to: { type: 'string', value: 'selector', summary: 'role:…, cap:… or circle:… (your own circle)' },
    file: fileFlag('body'),
    ...NOTIFY_FLAGS,
  },
  examples: [
    ['muster broadcast "Freeze at six."', 'everybody of your circle'],
    ['muster broadcast "new branch: fix-142" --to cap:review', 'all who review'],
    ['muster broadcast "build 143 is green" --topic build', 'only the newest counts'],
  ],
  run: broadcast,
}

async function broadcast(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  expectWords(words, ['body?'], 'broadcast <body>')
  const [to, topic, priority] = [flags.text('to'), flags.text('topic'), flags.choice('priority', PRIORITIES)]
  const body = await readBody({ word: words[0], file: flags.text('file'), what: 'body' }, environment)
  const caller = await openPeer(invocation)
  const input = { body, ...(to !== undefined && { to }), ...(topic !== undefined && { topic }), ...(priority && { priority }) }
  const { sent, refused } = await caller.call('threads.broadcast', input).finally(caller.close)
  if (out.json) {
    out.document({ sent, refused })
    return EXIT.ok
  }
  for (const one of sent) out.line(`Told ${peerName(one.to)} (${one.state}, reach ${one.reach}): ${one.message}`)
  noteRefused(out, refused)
  return EXIT.ok
}
