import type { Message } from '../../../src/contract/index.ts'
import { decodeId } from '../../../src/ids.ts'
import { bodyOf } from '../../pipe.ts'
import { type Awaited, endingOf, exitOf, type Open } from '../ask-outcome.ts'
import { ackEnded, askOf, awaitAsk, PATIENCE_MS, TERM_FLAGS, TIMEOUT_FLAG, termsOf } from '../asking.ts'
import { readBody } from '../body.ts'
import type { Command, Invocation } from '../command.ts'
import { usageError } from '../failure.ts'
import { openPeer, type PeerCaller } from '../open-caller.ts'
import { noteReach } from '../sending.ts'
import { peerName } from '../show.ts'
import { safeText } from '../text.ts'

export const command: Command = {
  usage: ['pipe <to> <body> [<to> <body>]… [flags]', 'pipe <ticket> <to> <body> [<to> <body>]… [flags]'],
  about: [
    'Asks one peer after the other. Each is sent its own body and, below it, the answer of the one before; the last answer goes to stdout. A',
    'pipe may begin with a ticket of muster cast. The first stage without an answer ends it: nobody after it is asked, and the exit status is',
    'that of the ask.',
  ],
  flags: { ...TERM_FLAGS, timeout: { ...TIMEOUT_FLAG, summary: 'How long to wait here for each stage' } },
  examples: [
    ['muster pipe impl "Add a cache" critic "Review it" impl "Address the review"', 'three stages'],
    ['muster pipe thr_k7qm2x1 reviewer "Review for correctness"', 'go on from a cast'],
    ['muster pipe impl - reviewer "Review it" < spec.md', 'the first body from stdin'],
  ],
  run: pipe,
}

interface Stage {
  readonly to: string
  readonly body: string
}

async function pipe(invocation: Invocation): Promise<number> {
  const { words, out, environment } = invocation
  const [first = '', ...rest] = words
  const ticket = decodeId(first)?.kind === 'thread' ? first : undefined
  const stages = await stagesOf(invocation, ticket === undefined ? words : rest)
  const signal = environment.interrupted()
  const caller = await openPeer(invocation, { patienceMs: PATIENCE_MS })
  try {
    const ended: Awaited[] = []
    if (ticket !== undefined) ended.push(await awaitStage(invocation, caller, await askOf(caller, ticket), signal))
    for (const stage of stages) {
      const answer = ended.at(-1)?.outcome.answer
      if (answer === null) break
      ended.push(await awaitStage(invocation, caller, await send(invocation, caller, stage, answer), signal))
    }
    const last = ended.at(-1) as Awaited
    if (out.json) out.document({ stages: ended.map(({ outcome }) => outcome), asked: ended.length, of: stages.length + (ticket === undefined ? 0 : 1) })
    else if (last.outcome.answer) out.body(safeText(last.outcome.answer.body))
    if (!last.outcome.answer) tellOfBreak(invocation, last, ended.length)
    await ackEnded(out, caller, ended)
    return exitOf(last)
  } finally {
    await caller.close()
  }
}

/** Pairs of a recipient and a body; one of the bodies may come from stdin. */
async function stagesOf({ environment }: Invocation, words: readonly string[]): Promise<Stage[]> {
  if (words.length === 0 || words.length % 2 !== 0) {
    throw usageError('a pipe takes pairs of a recipient and a body', 'Use: muster pipe <to> <body> [<to> <body>]…; text of several words goes in quotes.')
  }
  const isStdin = (word: string | undefined, index: number): boolean => index % 2 === 1 && word === '-'
  if (words.filter(isStdin).length > 1) throw usageError('stdin is read once', 'Only one of the bodies can be "-".')
  const stages: Stage[] = []
  for (let index = 0; index < words.length; index += 2) {
    stages.push({ to: words[index] ?? '', body: await readBody({ word: words[index + 1], file: undefined, what: 'body' }, environment) })
  }
  return stages
}

async function send(invocation: Invocation, caller: PeerCaller, { to, body }: Stage, previous: Message | undefined): Promise<Open> {
  const { sent } = await caller.call('threads.ask', { to, body: bodyOf(body, previous?.body) as string, ...termsOf(invocation) })
  const [only] = sent
  if (!only) throw new Error('An ask to one was sent to nobody')
  noteReach(invocation.out, only)
  return only
}

async function awaitStage({ flags, out }: Invocation, caller: PeerCaller, ask: Open, signal: AbortSignal): Promise<Awaited> {
  const awaited = await awaitAsk(out, caller, ask, { timeoutMs: flags.duration('timeout'), signal })
  if (awaited.outcome.answer) out.note(`${peerName(ask.to)} answered (${ask.thread}).`)
  return awaited
}

function tellOfBreak({ out }: Invocation, { outcome, waited }: Awaited, stage: number): void {
  const { to, thread, state, reason } = outcome
  if (waited === 'closed') return out.problem(`stage ${stage}: ${endingOf(state, peerName(to))}${reason ? `: ${reason}` : ''}`)
  const what = waited === 'interrupted' ? 'interrupted' : 'no answer in time'
  out.problem(`stage ${stage}: ${what}; the ask to ${peerName(to)} stays open`, `Go on from it: muster pipe ${thread} <to> <body>`)
}
