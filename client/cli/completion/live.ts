import type { Thread } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Caller } from '../caller.ts'
import type { Invocation } from '../command.ts'
import { openKnown, openKnownReader, type PeerCaller } from '../open-caller.ts'
import { peerName, recipientOf } from '../show.ts'
import { watchText } from '../watchdogs/show.ts'
import type { Candidate, LiveKind } from './candidate.ts'

/** Who presses a key waits for no longer than this. */
const BUDGET_MS = 700
const limit = LIMITS.maxPage

/** The names there are now; none where the daemon is down, slow or refuses. Makes nobody join. */
export async function liveCandidates(kinds: readonly LiveKind[], invocation: Invocation): Promise<Candidate[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Candidate[]>((resolve) => {
    timer = setTimeout(() => resolve([]), BUDGET_MS)
  })
  const found = Promise.all(kinds.map((kind) => SOURCES[kind](invocation))).then((lists) => lists.flat())
  return await Promise.race([found.catch(() => []), late]).finally(() => clearTimeout(timer))
}

const SOURCES: Readonly<Record<LiveKind, (invocation: Invocation) => Promise<Candidate[]>>> = {
  peer: reading(async ({ call }) =>
    (await call('peers.list', { limit })).peers.map((peer) => ({ value: peerName(peer), says: `${peer.role}, ${peer.presence}` })),
  ),
  circle: reading(async ({ call }) => (await call('circles.list', {})).circles.map(({ name, peers }) => ({ value: name, says: `${peers} peers` }))),
  'dead letter': reading(async ({ call }) =>
    (await call('mailbox.dead', { limit })).dead.map(({ delivery, message }) => ({
      value: delivery.id,
      says: `${message.kind} from ${peerName(message.from)} to ${peerName(delivery.to)}`,
    })),
  ),
  watchdog: reading(async ({ call }) =>
    (await call('watchdogs.list', { limit })).watchdogs.map((each) => ({ value: each.id, says: `${each.state}, ${watchText(each)}` })),
  ),
  card: reading(async ({ call }) => (await call('decisions.queue', { limit })).cards.map(({ card }) => ({ value: card.id, says: card.question }))),
  approval: reading(async ({ call }) =>
    (await call('approvals.list', { live: true, limit })).approvals.map((each) => ({ value: each.id, says: `${each.kind}: ${each.name}` })),
  ),
  source: reading(async ({ call }) => (await call('ingress.list', {})).sources.map(({ name, to, kind }) => ({ value: name, says: `${kind} to ${to}` }))),
  thread: speaking(myThreads),
  'owed thread': speaking(async ({ call }) => (await call('threads.owed', { limit })).owed.map(({ thread }) => thread)),
}

function reading(look: (caller: Caller) => Promise<Candidate[]>) {
  return async (invocation: Invocation): Promise<Candidate[]> => {
    const caller = await openKnownReader(invocation)
    return caller ? await look(caller).finally(() => void caller.close()) : []
  }
}

function speaking(look: (caller: PeerCaller) => Promise<readonly Thread[]>) {
  return async (invocation: Invocation): Promise<Candidate[]> => {
    const caller = await openKnown(invocation)
    const threads = caller ? await look(caller).finally(() => void caller.close()) : []
    return threads.map((thread) => ({ value: thread.id, says: `${thread.kind} from ${peerName(thread.from)} to ${recipientOf(thread)}, ${thread.state}` }))
  }
}

/** What is open first, then the newest. */
async function myThreads({ call }: PeerCaller): Promise<readonly Thread[]> {
  const [mine, theirs] = await Promise.all([call('threads.list', { limit }), call('threads.list', { side: 'theirs', limit })])
  const all = new Map<string, Thread>([...mine.threads, ...theirs.threads].map((thread) => [thread.id, thread]))
  return [...all.values()].sort((a, b) => Number(b.state === 'open') - Number(a.state === 'open'))
}
