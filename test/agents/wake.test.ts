import { setTimeout } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { chosenAgents } from './support/programs.ts'
import { answering, shell, timesShown } from './support/steps.ts'

const WITHIN_MS = 5_000
/** Longer than the minute after which Claude Code says that it waits for its person. An hour (`MUSTER_IDLE_MS=3600000`) is for a quiet evening. */
const IDLE_MS = Number(process.env['MUSTER_IDLE_MS'] ?? 70_000)

describe.each(chosenAgents('claude', 'codex', 'opencode'))('an idle interactive %s', (name) => {
  agentTest([name], 'is woken by an ask, without a keystroke, and answers it', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [answering('42'), { say: 'Ready.' }, { say: 'Answered.' }] })
    await crew.openIdle(agent)
    const requests = agent.model.turns.length
    const askedAt = performance.now()
    const ask = await desk.cast(agent.peerName, 'What is six times seven?')
    const woken = await agent.model.turn(({ at }) => at > askedAt)
    expect(woken.at - askedAt).toBeLessThan(WITHIN_MS)
    expect((await ask.result({ timeoutMs: WITHIN_MS })).body).toBe('42')
    await crew.until(agent, ({ turn }) => turn === 'idle')
    const since = agent.model.turns.slice(requests)
    expect(since.map(({ conversation }) => timesShown('What is six times seven?', conversation))).toEqual([1, 1])
    const { deliveries } = await crew.trace(ask.sent.message)
    expect(deliveries).toMatchObject([{ state: 'acked', attempt: 1, failures: 0 }])
  })

  agentTest([name], 'is woken by a notice, too, and shown it once', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [{ say: 'Ready.' }, { say: 'Read.' }] })
    await crew.openIdle(agent)
    const { sent } = await desk.notify(agent.peerName, 'The build is green.')
    const message = sent[0]?.message ?? ''
    const { conversation } = await agent.model.turn(({ conversation: { turns } }) => turns === 1)
    expect(timesShown('The build is green.', conversation)).toBe(1)
    expect(await crew.delivered(message)).toMatchObject([{ state: 'acked', attempt: 1, seenAt: expect.any(String) }])
    const { steps } = await crew.trace(message)
    expect(steps.map(({ step }) => step)).toEqual(['sent', 'queued', 'offered', 'seen', 'acked'])
    expect(agent.model.turns).toHaveLength(2)
  })

  agentTest([name], 'takes what did not wake it along with the next prompt, and is said to have seen it only once its transcript shows it', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [{ say: 'Ready.' }, { hold: 'thinking', say: 'Read.' }] })
    const screen = await crew.openIdle(agent)
    const { sent } = await desk.notify(agent.peerName, 'Some day.', { priority: 'low' })
    const message = sent[0]?.message ?? ''
    expect((await crew.trace(message)).deliveries).toMatchObject([{ state: 'queued', attempt: 0 }])
    await screen.submit('Go on.')
    await agent.model.holding('thinking')
    // The hook has handed it over and the model has it; nobody has proved that to the daemon yet.
    expect((await crew.trace(message)).deliveries).toMatchObject([{ state: 'offered', attempt: 1, seenAt: null }])
    agent.model.release('thinking')
    expect(await crew.delivered(message)).toMatchObject([{ state: 'acked', attempt: 1, seenAt: expect.any(String) }])
    expect(agent.model.turns.map(({ conversation }) => timesShown('Some day.', conversation))).toEqual([0, 1])
  })

  agentTest([name], 'that is set to work is told what is urgent between two tools, and nothing else', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk')
    const agent = await crew.agent(name, {
      steps: [{ say: 'Ready.' }, { ...shell(name, 'echo one'), hold: 'busy' }, shell(name, 'echo two'), { say: 'Done.' }, { say: 'Read.' }],
    })
    const screen = await crew.openIdle(agent)
    await screen.submit('Go.')
    await agent.model.holding('busy')
    const low = await desk.notify(agent.peerName, 'Some day.', { priority: 'low' })
    const normal = await desk.notify(agent.peerName, 'The coffee is ready.')
    const urgent = await desk.notify(agent.peerName, 'Stop the press.', { priority: 'urgent' })
    agent.model.release('busy')
    for (const { sent } of [urgent, normal, low]) {
      expect(await crew.delivered(sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', attempt: 1, seenAt: expect.any(String) }])
    }
    await crew.until(agent, ({ turn }) => turn === 'idle')
    const shown = (text: string) => agent.model.turns.map(({ conversation }) => timesShown(text, conversation))
    expect(shown('Stop the press.')).toEqual([0, 0, 1, 1, 1])
    for (const text of ['The coffee is ready.', 'Some day.']) expect(shown(text)).toEqual([0, 0, 0, 0, 1])
  })

  agentTest(
    [name],
    'costs its model nothing while nothing is worth a wake, and is woken after it',
    async () => {
      await using crew = await Crew.start()
      const desk = await crew.peer('desk')
      const agent = await crew.agent(name, { steps: [{ say: 'Ready.' }, answering('42'), { say: 'Answered.' }] })
      await crew.openIdle(agent)
      const requests = agent.model.requests.length
      await desk.notify(agent.peerName, 'Some day.', { priority: 'low' })
      await (await crew.peer('passer-by')).close()
      await setTimeout(IDLE_MS)
      expect(agent.model.requests.slice(requests)).toEqual([])
      const ask = await desk.cast(agent.peerName, 'What is six times seven?')
      expect((await ask.result({ timeoutMs: 6 * WITHIN_MS })).body).toBe('42')
    },
    IDLE_MS,
  )
})
