import { describe, expect } from 'vitest'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { chosenAgents } from './support/programs.ts'
import { answering } from './support/steps.ts'

const WITHIN_MS = 5_000

describe.each(chosenAgents('claude', 'codex', 'gemini', 'opencode'))('%s, over HTTP alone', (name) => {
  agentTest([name], 'is asked, answers, asks and gets the answer', async () => {
    await using crew = await Crew.start()
    const desk = await crew.peer('desk', { onAsk: () => 'forty-two' })
    const steps = [
      answering('Fine, thank you.'),
      { when: /kind=\\*"answer\\*"/, say: 'The answer is {{/forty-\\w+/}}.' },
      { call: 'boot' },
      { say: 'Nobody asked.' },
      { call: 'ask', input: { to: 'desk', text: 'What is six times seven?' } },
      { say: 'No answer.' },
    ]
    const agent = await crew.agentOverHttp(name, 'bare', { steps })
    const ask = await desk.cast('bare', 'How are you?')
    expect((await agent.turn('Look into your mail, then ask desk.')).said).toBe('The answer is forty-two.')
    expect((await ask.result({ timeoutMs: WITHIN_MS })).body).toBe('Fine, thank you.')
  })
})
