import { LATER, type MusterPeer } from '../../index.ts'
import type { Part, Tell } from '../actor.ts'

export const NAMES = ['lead', 'builder', 'tester', 'writer'] as const
export type Name = (typeof NAMES)[number]

/** How long the actors pretend to work, so that there is something to interrupt. */
const WORK_MS = 700
/** The first run of the test suite is killed long before this. */
const SUITE_MS = 60_000

export const SUITE = 'Run the whole test suite.'
export const NOTE = 'Write the release note.'
export const NEWS = ['1: the fix is merged.', '2: the build is green.', '3: the release is tagged.'] as const
const CHANGELOG = 'Which line goes into the changelog?'

/** Asks, and tells what comes of it: an answer, or why there is none. */
async function ask(peer: MusterPeer, tell: Tell, to: Name, body: string): Promise<void> {
  const at = Date.now()
  const cast = await peer.cast(to, body)
  tell.sent(at, `asks ${to}`, body, [cast.sent])
  await cast.result().then(tell.answered, tell.unanswered)
}

/** Hands out work and is told when something goes wrong. */
const lead: Part = {
  role: 'orchestrator',
  description: 'Gets the login fix out of the door.',
  handlers: (tell) => ({
    onNotify: (_body, context) => tell.handed(context, context.from ? `hears from ${context.from.name}` : 'is told by the daemon'),
  }),
  cues: {
    question: (peer, tell) => ask(peer, tell, 'tester', 'Is the login fix good?'),
    favour: (peer, tell) => ask(peer, tell, 'writer', 'Tell the customers that it is fixed.'),
    suite: (peer, tell) => ask(peer, tell, 'tester', SUITE),
    note: async (peer, tell) => {
      const at = Date.now()
      const cast = await peer.cast('cap:build', NOTE, { select: 'one' })
      tell.sent(at, `asks whoever has cap:build, which is ${cast.sent.to.name}`, NOTE, [cast.sent])
      tell.answered(await cast.result())
    },
  },
}

const builder: Part = {
  capabilities: ['build'],
  description: 'Writes the code.',
  handlers: (tell) => ({
    onAsk: async (body, context) => {
      tell.handed(context, `takes the ask of ${context.from?.name}`)
      await work(body === NOTE ? 3 * WORK_MS : WORK_MS, context.signal)
      return body === NOTE ? 'You can log in again.' : 'On branch fix/login, three files.'
    },
    onMessage: (_body, context) => tell.handed(context, `gets ${context.message.late ? 'a late' : 'the'} ${context.kind} of ${context.from?.name}`),
  }),
  cues: {
    freeze: async (peer, tell) => {
      const body = 'main is frozen until the fix is in.'
      const at = Date.now()
      const { sent } = await peer.notify('role:agent', body, { select: 'all' })
      tell.sent(at, `notifies every agent, which are ${sent.map(({ to }) => to.name).join(' and ')}`, body, sent)
    },
    changelog: async (peer, tell) => {
      const at = Date.now()
      const cast = await peer.cast('writer', CHANGELOG, { deadline: '3s', escalateTo: 'lead' })
      tell.sent(at, 'asks writer, to be answered within 3 s', CHANGELOG, [cast.sent])
      await cast.result().then(tell.answered, tell.unanswered)
    },
    news: async (peer, tell) => {
      for (const body of NEWS) {
        const at = Date.now()
        const { sent } = await peer.notify('tester', body)
        tell.sent(at, `notifies tester (${sent[0]?.state}; reach: ${sent[0]?.reach})`, body, sent)
      }
    },
  },
}

const tester: Part = {
  capabilities: ['test'],
  description: 'Believes nothing.',
  handlers: (tell) => ({
    onAsk: async (body, context) => {
      tell.handed(context, `takes the ask of ${context.from?.name}`)
      if (body === SUITE) {
        await work(context.attempt === 1 ? SUITE_MS : WORK_MS, context.signal)
        return '412 tests, all green.'
      }
      const at = Date.now()
      const where = await context.cast('builder', 'Where is the fix?')
      tell.sent(at, 'asks builder before it answers', 'Where is the fix?', [where.sent])
      const answer = await where.result()
      tell.answered(answer)
      return `It is good. I looked: ${answer.body}`
    },
    onNotify: (_body, context) => tell.handed(context, `reads the news of ${context.from?.name}`),
  }),
  cues: {},
}

const writer: Part = {
  capabilities: ['prose'],
  description: 'Finds the words, sometimes late.',
  handlers: (tell, self) => ({
    onAsk: (body, context) => {
      tell.handed(context, `takes the ask of ${context.from?.name}`)
      if (body === CHANGELOG) return LATER
      throw new Error('Only a person speaks to customers.')
    },
    onNotify: (_body, context) => tell.handed(context, `reads the news of ${context.from?.name}`),
    onMessage: async (_body, context) => {
      tell.handed(context, context.kind === 'remind' ? 'is reminded by the daemon' : `gets notice (${context.kind})`)
      if (context.kind !== 'expire') return
      await work(WORK_MS, context.signal)
      await (await self()).call('threads.answer', { thread: context.thread, body: 'Fixed: logging in.' })
    },
  }),
  cues: {},
}

export const PARTS: Readonly<Record<Name, Part>> = { lead, builder, tester, writer }

function work(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(signal.reason as Error)
    })
  })
}
