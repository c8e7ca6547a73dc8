import { LATER, MusterError, type MusterPeer } from '../../index.ts'
import type { Part, Tell } from '../actor.ts'

export const NAMES = ['lead', 'second', 'builder', 'tester', 'writer'] as const
export type Name = (typeof NAMES)[number]

export const WORK: Readonly<Record<'builder' | 'tester' | 'writer', string>> = {
  builder: 'Fix the login.',
  tester: 'Is the main branch green?',
  writer: 'Draft the announcement.',
}
const REPOSITORY = 'https://git.example/acme/shop.git'
const BRANCH = 'fix/login'
const FIRST = 'a1f3c5d7e9'
const SECOND = 'b2e4d6f8a0'
const CHECK_IN = 'Is the announcement there?'
const NOTES = 'The announcement is all that is missing. Publish nothing before it is there.'

/** What an orchestrator remembers between two cues; all else it asks the daemon for. */
interface Memory {
  token: string
  readonly threads: Map<string, string>
}

async function claim(peer: MusterPeer, tell: Tell, memory: Memory): Promise<void> {
  const { leading, leadership } = await peer.call('orchestrators.claim', {})
  if (leading) memory.token = leadership.token ?? ''
  if (leading) tell.did(`leads ${leadership.circle}, with the fencing token ${memory.token}`, 'leads', memory.token)
  else tell.did(`stands by: ${leadership.primary?.name} leads ${leadership.circle}`, 'stands by')
}

/** Hands out work, looks after it, and hands over. */
function orchestrator(description: string): Part {
  const memory: Memory = { token: '', threads: new Map() }
  return {
    role: 'orchestrator',
    description,
    handlers: (tell, self) => ({
      onNotify: async (body, context) => {
        tell.handed(context, context.from ? `hears from ${context.from.name}` : 'is told by the daemon')
        if (body === CHECK_IN) await lookAtWriter(await self(), tell)
      },
      onMessage: (_body, context) => tell.handed(context, `gets the ${context.kind} of ${context.from?.name ?? 'the daemon'}`),
    }),
    cues: {
      claim: (peer, tell) => claim(peer, tell, memory),
      scan: (peer, tell) => scan(peer, tell),
      dispatch: (peer, tell) => dispatch(peer, tell, memory),
      track: (peer, tell) => track(peer, tell, memory),
      review: (peer, tell) => review(peer, tell),
      handover: (peer, tell) => handover(peer, tell, memory),
      stale: (peer, tell) => stale(peer, tell, memory),
    },
  }
}

async function scan(peer: MusterPeer, tell: Tell): Promise<void> {
  const [{ peers }, { reviews }] = [await peer.call('peers.list', { role: 'agent' }), await peer.call('reviews.queue', {})]
  const crew = peers.map(({ name, description }) => `${name} (${description})`).join(', ')
  tell.did(`scans: ${crew} ${reviews.length} reviews are owed.`, 'scanned', String(peers.length))
}

async function dispatch(peer: MusterPeer, tell: Tell, memory: Memory): Promise<void> {
  for (const [to, body] of Object.entries(WORK)) {
    const at = Date.now()
    const cast = await peer.cast(to, body, { deadline: '1h' })
    memory.threads.set(to, cast.sent.thread)
    tell.sent(at, `asks ${to}, within an hour`, body, [cast.sent])
    // Not awaited: an orchestrator does not stand still. What is still open when the lead is handed over ends at the successor.
    cast.result().then(tell.answered, (error: unknown) => movedOn(tell, error))
  }
}

/** The ask went along with the lead: it is the successor's now, and none of this peer's business. */
function movedOn(tell: Tell, error: unknown): void {
  if (error instanceof MusterError && error.code === 'not_found') tell.did('no longer waits for the ask that went along with the lead', 'moved on')
  else tell.unanswered(error)
}

/** Two reminders for itself; each fires only while its ask is open still. */
async function track(peer: MusterPeer, tell: Tell, memory: Memory): Promise<void> {
  const ids: string[] = []
  for (const to of ['tester', 'writer']) {
    const gates = [{ if: 'thread_open' as const, thread: memory.threads.get(to) as string }]
    const body = to === 'writer' ? CHECK_IN : 'Is main green?'
    const { schedule } = await peer.call('schedules.create', { body, at: 'in 1s', gates })
    ids.push(schedule.id)
  }
  tell.did('sets itself two check-ins, each for as long as its ask is open, and goes idle', 'waits', ids.join())
}

async function lookAtWriter(peer: MusterPeer, tell: Tell): Promise<void> {
  const { threads } = await peer.call('threads.list', { state: 'open' })
  tell.did(`looks: ${threads.length} ask is open`, 'tracked', String(threads.length))
}

/** Gives what is owed to whoever can review it. */
async function review(peer: MusterPeer, tell: Tell): Promise<void> {
  const { reviews } = await peer.call('reviews.queue', {})
  tell.did(`finds in the review queue: ${reviews.map(({ subject, head }) => `${subject} at ${head}`).join()}`, 'queue', String(reviews.length))
  for (const { id } of reviews) {
    const { review: given } = await peer.call('reviews.assign', { review: id, select: { capability: 'review' } })
    tell.did(`gives ${id} to ${given.assignee?.name}`, 'assigned', given.assignee?.name)
  }
}

async function handover(peer: MusterPeer, tell: Tell, { token }: Memory): Promise<void> {
  const { handover: record } = await peer.call('orchestrators.handover', { token, to: 'second', notes: NOTES })
  const { to, asked, reviews } = record
  tell.did(`hands over to ${to.name}: ${asked.items.length} open ask, ${reviews.items.length} owed reviews, and notes`, 'handed over', to.name)
}

/** What an orchestrator would do that has not noticed that it was replaced. */
async function stale(peer: MusterPeer, tell: Tell, { token }: Memory): Promise<void> {
  const refused = await peer.call('orchestrators.note', { token, notes: 'I still lead.' }).catch((error: unknown) => error)
  if (!(refused instanceof MusterError)) throw new Error('A stale token was taken')
  tell.did(`is refused with its old token: ${refused.message}`, 'fenced', refused.code)
}

const builder: Part = {
  capabilities: ['build'],
  description: 'Writes the code.',
  handlers: (tell, self) => ({
    onAsk: async (_body, context) => {
      tell.handed(context, `takes the ask of ${context.from?.name}`)
      await touch(await self(), context.thread, FIRST)
      return LATER
    },
    onNotify: (_body, context) => tell.handed(context, `hears from ${context.from?.name ?? 'the daemon'}`),
  }),
  cues: {
    ownWork: async (peer, tell) => {
      const { reviews } = await peer.call('reviews.list', { state: 'owed' })
      const refused = await peer.call('reviews.mark', { review: reviews[0]?.id ?? '', verdict: 'approve' }).catch((error: unknown) => error)
      if (!(refused instanceof MusterError)) throw new Error('Somebody reviewed their own work')
      tell.did(`may not review it: ${refused.message}`, 'refused', refused.code)
    },
    push: async (peer, tell) => {
      const at = Date.now()
      const body = 'I pushed a test for it.'
      const { sent } = await peer.call('threads.notify', { to: 'lead', body, touched: [{ repository: REPOSITORY, branch: BRANCH, sha: SECOND }] })
      tell.sent(at, 'notifies lead', body, sent)
    },
  },
}

/** Answers with what was touched: a look at it is owed from the same moment on. */
async function touch(peer: MusterPeer, thread: string, sha: string): Promise<void> {
  await peer.call('threads.answer', { thread, body: `Fixed on ${BRANCH}.`, touched: [{ repository: REPOSITORY, branch: BRANCH, sha }] })
}

const tester: Part = {
  capabilities: ['review'],
  description: 'Believes nothing.',
  handlers: (tell) => ({
    onAsk: (body, context) => {
      tell.handed(context, `takes the ask of ${context.from?.name ?? 'the daemon'}`)
      return body === WORK.tester ? 'It is green.' : 'Approve. I read it and ran it.'
    },
  }),
  cues: {},
}

/** Takes its time: its answer comes when the lead has changed hands. */
function writer(): Part {
  let owed = ''
  return {
    capabilities: ['prose'],
    description: 'Finds the words, sometimes late.',
    handlers: (tell) => ({
      onAsk: (_body, context) => {
        tell.handed(context, `takes the ask of ${context.from?.name}, and its time`)
        owed = context.thread
        return LATER
      },
    }),
    cues: {
      answer: async (peer, tell) => {
        tell.did('has found the words', 'answers')
        await peer.call('threads.answer', { thread: owed, body: 'You can log in again.' })
      },
    },
  }
}

export const PARTS: Readonly<Record<Name, Part>> = {
  lead: orchestrator('Gets the login fix out of the door.'),
  second: orchestrator('Stands by.'),
  builder,
  tester,
  writer: writer(),
}
