import { describe, expect } from 'vitest'
import { Agent } from './support/agent.ts'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { KINDS } from './support/kinds.ts'
import { chosenAgents } from './support/programs.ts'
import { timesShown } from './support/steps.ts'
import { watched } from './support/watched.ts'

/** At most so many bytes more, on the way to the model. A token is about four. */
const LIMITS = {
  /** Every request of a session with Muster installed: tools, instructions. */
  standing: 11_000,
  /** `boot` with one peer there and nothing waiting: the call and its result. */
  boot: 1_000,
  /** `ask` with a line, and a line of an answer. */
  ask: 1_200,
  /** A line that somebody else sent, shown at the next prompt. */
  mail: 1_000,
}

describe.each(chosenAgents('claude', 'codex', 'gemini'))('the model of %s', (name) => {
  agentTest([name], 'is sent few bytes for a boot, an ask and a message, and for the tools themselves', async () => {
    await using plain = watched(await Agent.start(KINDS[name], { steps: [{ say: 'Ready.' }] }))
    await plain.turn('Hello.')
    await using crew = await Crew.start()
    const desk = await crew.peer('desk', { onAsk: () => 'forty-two' })
    const agent = await crew.agent(name, {
      steps: [
        { call: 'boot' },
        { call: 'ask', input: { to: 'desk', text: 'What is six times seven?' } },
        { say: 'Ready.' },
        { say: 'Fine.' },
        { say: 'Fine.' },
        { say: 'Read.' },
      ],
    })
    const { session } = await agent.turn('Hello.')
    const [first = 0, booted = 0, asked = 0] = agent.model.turns.map(({ bytes }) => bytes)
    await agent.turn('Hello.', session)
    await agent.turn('Hello.', session)
    await desk.notify(agent.peerName, 'The build is green.')
    await agent.turn('Hello.', session)
    // The first turn of a resumed session is not like those after it.
    const [before = 0, quiet = 0, told = 0] = agent.model.turns.slice(3).map(({ bytes }) => bytes)
    const [alone] = plain.model.turns
    // Otherwise there would be nothing to count.
    expect(agent.model.turns.map(({ conversation }) => timesShown('The build is green.', conversation)).at(-1)).toBe(1)
    expect(agent.model.turns[2]?.conversation.newest).toContain('forty-two')
    const spent = { standing: first - (alone?.bytes ?? 0), boot: booted - first, ask: asked - booted, mail: told - quiet - (quiet - before) }
    process.stderr.write(`${name}: ${JSON.stringify(spent)}\n`)
    for (const [what, limit] of Object.entries(LIMITS))
      expect({ what, bytes: spent[what as keyof typeof spent] }).toSatisfy(({ bytes }) => bytes > 0 && bytes <= limit)
  })
})
