import { expectId, expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { openReader } from '../open-caller.ts'
import { peerName, recipientOf } from '../show.ts'
import { clip, safeLine } from '../text.ts'
import { preciseTime, relativeTime } from '../when.ts'

const SHOWN_BODY_CHARS = 200

export const command: Command = {
  usage: ['trace <id>'],
  about: ["A message's life with times: sent, queued, offered, acked, or what else became of it. The id is of a message, a thread or a delivery."],
  flags: {},
  examples: [
    ['muster trace msg_k7qm2x4f3', 'one message'],
    ['muster trace thr_k7qm2x1', 'the message that opened a thread'],
  ],
  run: trace,
}

async function trace(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  expectWords(words, ['id'], 'trace <id>')
  const id = expectId(words[0] ?? '', ['message', 'thread', 'delivery'])
  const caller = await openReader(invocation)
  const traced = await caller.call('threads.trace', { id }).finally(caller.close)
  if (out.json) {
    out.document({ ...traced })
    return EXIT.ok
  }
  const { thread, message, deliveries, steps, causes } = traced
  out.fields([
    ['message', `${message.id} (${message.kind})`],
    ['thread', `${thread.id} (${thread.kind}, ${thread.state})`],
    ['from', peerName(message.from)],
    ['to', deliveries.length > 0 ? deliveries.map(({ to }) => peerName(to)).join(', ') : recipientOf(thread)],
    ['sent', `${relativeTime(message.at, out.now)}, ${message.at}`],
    ['body', clip(safeLine(message.body), SHOWN_BODY_CHARS)],
    ...(causes.length > 0 ? ([['caused by', causes.join(' <- ')]] as const) : []),
  ])
  out.line()
  out.table(
    ['AT', 'STEP', 'DELIVERY', 'BY', 'NOTE'],
    steps.map(({ at, step, delivery, by, note }) => [preciseTime(at, out.now), step, delivery, by && peerName(by), note]),
  )
  return EXIT.ok
}
