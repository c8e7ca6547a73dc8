import { describe, expect } from 'vitest'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { chosenAgents } from './support/programs.ts'
import { timesShown } from './support/steps.ts'

describe.each(chosenAgents('claude', 'codex', 'gemini'))('the daemon is killed in a turn of %s', (name) => {
  agentTest([name], 'between two tool calls, and nothing is lost or doubled', async () => {
    await using crew = await Crew.start()
    const heard: string[] = []
    const desk = await crew.peer('desk', { onNotify: (body) => heard.push(body) })
    const tell = (text: string) => ({ call: 'notify', input: { to: 'desk', text } })
    const agent = await crew.agent(name, {
      steps: [tell('one'), { ...tell('two'), hold: 'between' }, { ...tell('three'), hold: 'down' }, { say: 'Done.' }, { say: 'Read.' }],
    })
    const running = agent.turn('Go.')
    await agent.model.holding('between')
    const { sent } = await desk.notify(agent.peerName, 'The build is green.')
    await crew.killDaemon()
    await crew.restartDaemon()
    agent.model.release('between')
    await agent.model.holding('down')
    await crew.killDaemon()
    // The call goes out while nobody is there; it waits for the daemon.
    agent.model.release('down')
    await crew.restartDaemon()
    await running
    expect(await crew.delivered(sent[0]?.message ?? '')).toMatchObject([{ state: 'acked', failures: 0 }])
    expect(heard).toEqual(['one', 'two', 'three'])
    const last = agent.model.turns.at(-1)
    expect(last && timesShown('The build is green.', last.conversation)).toBe(1)
  })

  agentTest([name], 'for good, and the turn goes on without it', async () => {
    await using crew = await Crew.start()
    await crew.peer('desk')
    const agent = await crew.agent(name, { steps: [{ call: 'notify', input: { to: 'desk', text: 'one' }, hold: 'gone' }, { say: 'Never mind.' }] })
    const running = agent.turn('Go.')
    await agent.model.holding('gone')
    await crew.killDaemon()
    agent.model.release('gone')
    expect((await running).said).toBe('Never mind.')
  })
})
