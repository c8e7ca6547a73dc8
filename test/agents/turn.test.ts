import { describe, expect } from 'vitest'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { chosenAgents } from './support/programs.ts'
import { shell, timesShown } from './support/steps.ts'

describe.each(chosenAgents('claude', 'codex', 'gemini'))('a turn of %s', (name) => {
  agentTest([name], 'begins with what waited, shown once', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [{ say: 'Ready.' }, { say: 'Read.' }] })
    // Its first session makes the peer known; then nobody is there.
    const { session } = await agent.turn('Hello.')
    const { sent } = await desk.notify(agent.peerName, 'The build is green.')
    const message = sent[0]?.message ?? ''
    expect((await crew.trace(message)).deliveries).toMatchObject([{ state: 'queued', attempt: 0 }])
    await agent.turn('Go on.', session)
    expect((await crew.trace(message)).deliveries).toMatchObject([{ state: 'acked', attempt: 1, seenAt: expect.any(String) }])
    expect((await crew.trace(message)).steps.map(({ step }) => step)).toEqual(['sent', 'queued', 'offered', 'seen', 'acked'])
    expect(agent.model.turns.map(({ conversation }) => timesShown('The build is green.', conversation))).toEqual([0, 1])
  })

  agentTest([name], 'is told what is urgent between two tools, and the rest at its end', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, {
      steps: [{ ...shell(name, 'echo one'), hold: 'first' }, shell(name, 'echo two'), { say: 'Done.' }, { say: 'Read that, too.' }],
    })
    const running = agent.turn('Go.')
    await agent.model.holding('first')
    const urgent = await desk.notify(agent.peerName, 'Stop the press.', { priority: 'urgent' })
    const normal = await desk.notify(agent.peerName, 'The coffee is ready.')
    agent.model.release('first')
    const { said } = await running
    expect(said).toMatch(/Read that, too\.$/)
    const shown = (text: string) => agent.model.turns.map(({ conversation }) => timesShown(text, conversation))
    expect(shown('Stop the press.')).toEqual([0, 1, 1, 1])
    expect(shown('The coffee is ready.')).toEqual([0, 0, 0, 1])
    for (const { sent } of [urgent, normal]) {
      expect(await crew.delivered(sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', attempt: 1, seenAt: expect.any(String) }])
    }
  })
})
