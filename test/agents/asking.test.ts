import { describe, expect } from 'vitest'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { type AgentName, chosenAgents } from './support/programs.ts'
import { answering, answeringOwed, timesShown } from './support/steps.ts'

const WITHIN_MS = 5_000
const QUESTION = 'What is six times seven?'

/** What a model says that was shown an answer. */
const reading = { when: /kind=\\*"answer\\*"/, say: 'The answer is {{/forty-\\w+/}}.' }

function asking(to: string) {
  return [reading, { call: 'ask', input: { to, text: QUESTION, wait: 30 } }, { say: 'No answer yet.' }]
}

/** Runs in a terminal, idle: whoever it is asked by, it has to be woken. */
const ANSWERERS = { claude: 'codex', codex: 'claude', gemini: 'claude', opencode: 'codex' } as const satisfies Record<AgentName, AgentName>

describe.each(chosenAgents('claude', 'codex', 'gemini', 'opencode'))('%s', (name) => {
  const other = ANSWERERS[name]

  agentTest([name, other], `asks ${other}, which is idle, and has the answer in the same turn`, async () => {
    await using crew = await Crew.start()
    await crew.peer('desk')
    const answerer = await crew.agent(other, { project: 'answers', steps: [answering('forty-two'), { say: 'Ready.' }, { say: 'Answered.' }] })
    await crew.openIdle(answerer)
    const asker = await crew.agent(name, { steps: asking(answerer.peerName) })
    const { said } = await asker.turn('Ask.')
    expect(said).toContain('The answer is forty-two.')
    expect(asker.model.turns).toHaveLength(2)
  })
})

describe.each(chosenAgents('gemini', 'opencode'))('%s, which nothing wakes', (name) => {
  agentTest([name], 'answers in its next turn what it was asked while it was gone', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [answering('forty-two'), { call: 'boot' }, { say: 'Ready.' }, { call: 'boot' }, { say: 'Done.' }] })
    const { session } = await agent.turn('Hello.')
    const ask = await desk.cast(agent.peerName, QUESTION)
    await agent.turn('Anything new?', session)
    expect((await ask.result({ timeoutMs: WITHIN_MS })).body).toBe('forty-two')
  })
})

describe.each(chosenAgents('claude', 'codex', 'gemini'))('a session of %s that is resumed', (name) => {
  agentTest([name], 'is the same peer and is shown what it owes', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [answeringOwed('forty-two'), { say: 'Ready.' }, { say: 'Later.' }, { say: 'Done.' }] })
    const { session } = await agent.turn('Hello.')
    const ask = await desk.cast(agent.peerName, QUESTION)
    // Shown and acked, but not answered: from now on it is owed.
    expect((await agent.turn('Anything new?', session)).said).toBe('Later.')
    expect(await crew.delivered(ask.sent.message)).toMatchObject([{ state: 'acked', attempt: 1 }])
    await agent.turn('And now?', session)
    expect((await ask.result({ timeoutMs: WITHIN_MS })).body).toBe('forty-two')
    expect((await crew.roll()).filter(({ runtime }) => runtime !== 'sdk')).toHaveLength(1)
  })
})

describe.each(chosenAgents('claude', 'codex', 'gemini'))('a session of %s that is killed with mail in hand', (name) => {
  agentTest([name], 'has it when it is resumed', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [{ say: 'Ready.' }, { hold: 'thinking', say: 'Read.' }, { say: 'Read again.' }] })
    const { session } = await agent.turn('Hello.')
    const { sent } = await desk.notify(agent.peerName, 'The build is green.')
    const running = agent.turn('Anything new?', session).catch(() => undefined)
    await agent.model.holding('thinking')
    await agent.kill()
    await running
    agent.model.release('thinking')
    await agent.turn('And now?', session)
    const last = agent.model.turns.at(-1)
    expect(last && timesShown('The build is green.', last.conversation)).toBeGreaterThan(0)
    expect(await crew.delivered(sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', seenAt: expect.any(String) }])
  })
})
