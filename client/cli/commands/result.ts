import type { Output as Result } from '../../../src/contract/index.ts'
import { decodeId } from '../../../src/ids.ts'
import { expectId } from '../arguments.ts'
import { exitOfAll, type Open } from '../ask-outcome.ts'
import { askOf, awaitShown, PATIENCE_MS, TIMEOUT_FLAG } from '../asking.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { ackNotice, awaitFan, exitOfFan, showFan } from '../fan-result.ts'
import { openPeer, type PeerCaller } from '../open-caller.ts'
import { peerName } from '../show.ts'
import { safeLine } from '../text.ts'

const MAX_PAGE = 200

export const command: Command = {
  usage: ['result <ticket>… [--timeout <duration>]', 'result --all [--timeout <duration>]'],
  about: [
    'Waits until what you asked has ended, and prints the answers: of asks (thr_…, as muster cast prints them) and of fans (fan_…), also of',
    'those that ended long ago. --all takes all asks of yours that are open now. The exit status is that of the first without an answer.',
  ],
  flags: {
    all: { type: 'boolean', summary: 'All your asks that are open now' },
    timeout: TIMEOUT_FLAG,
  },
  examples: [
    ['muster result thr_k7qm2x1', 'the answer to a cast'],
    ['muster result --all', 'wait for everyone'],
    ['muster result fan_k7qm2x1 --timeout 5m', 'a fan, for a while'],
  ],
  run: result,
}

async function result(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  if (flags.on('all') === words.length > 0) throw usageError('either tickets or --all', 'Use: muster result <ticket>…, or muster result --all')
  for (const word of words) expectId(word, ['thread', 'fan'])
  const bounds = { timeoutMs: flags.duration('timeout'), signal: environment.interrupted() }
  const caller = await openPeer(invocation, { patienceMs: PATIENCE_MS })
  try {
    const fanIds = words.filter((word) => decodeId(word)?.kind === 'fan')
    const asks = flags.on('all') ? await openAsks(caller) : await Promise.all(words.filter((word) => !fanIds.includes(word)).map((id) => askOf(caller, id)))
    if (asks.length + fanIds.length === 0) out.note('Nothing of yours is open.')
    else if (flags.on('all')) out.note(safeLine(`Waiting for ${asks.map(({ to }) => peerName(to)).join(', ')}.`))
    const fans = Promise.all(fanIds.map((id) => awaitFan(out, caller, id, bounds)))
    const ended = await awaitShown(out, caller, asks, bounds)
    const joined = await fans
    for (const awaited of joined) {
      showFan(out, awaited)
      if (awaited.waited === 'closed') await ackNotice(out, caller, awaited.fan)
    }
    if (out.json) out.document({ asks: ended.map(({ outcome }) => outcome), fans: joined.map(({ fan, outcomes, refused }) => ({ fan, outcomes, refused })) })
    return [exitOfAll(ended), ...joined.map(exitOfFan)].find((exit) => exit !== EXIT.ok) ?? EXIT.ok
  } finally {
    await caller.close()
  }
}

/** All asks of the caller that are open, the oldest first. */
async function openAsks(caller: PeerCaller): Promise<Open[]> {
  const threads: Result<'threads.list'>['threads'] = []
  let before: string | undefined
  do {
    const page = await caller.call('threads.list', { side: 'mine', state: 'open', limit: MAX_PAGE, ...(before !== undefined && { before }) })
    threads.push(...page.threads)
    before = page.before ?? undefined
  } while (before !== undefined)
  return Promise.all(threads.reverse().map(({ id }) => askOf(caller, id)))
}
