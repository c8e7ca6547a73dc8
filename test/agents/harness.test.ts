import { describe, expect } from 'vitest'
import { Agent } from './support/agent.ts'
import { agentTest } from './support/agent-test.ts'
import { KINDS } from './support/kinds.ts'
import { processesOf } from './support/processes.ts'
import { chosenAgents } from './support/programs.ts'
import { watched } from './support/watched.ts'

/** The shell tool of each, and how it is called. */
const SHELL = {
  claude: { call: 'Bash', input: { command: 'echo made by hand' } },
  codex: { call: 'exec_command', input: { cmd: 'echo made by hand' } },
  gemini: { call: 'run_shell_command', input: { command: 'echo made by hand' } },
  opencode: { call: 'bash', input: { command: 'echo made by hand', description: 'x' } },
}

describe.each(chosenAgents('claude', 'codex', 'gemini', 'opencode').map((name) => KINDS[name]))('$name, without Muster', (kind) => {
  agentTest([kind.name], 'plays a script in one turn, goes on when resumed, and leaves nothing behind', async () => {
    const agent = watched(await Agent.start(kind, { steps: [SHELL[kind.name], { say: 'It printed {{/made by \\w+/}}' }, { say: 'Again.' }] }))
    try {
      const first = await agent.turn('Go.')
      expect(first.said).toBe('It printed made by hand')
      expect((await agent.turn('More.', first.session)).said).toBe('Again.')
      expect(agent.model.turns.map(({ conversation }) => conversation.turns)).toEqual([0, 1, 2])
    } finally {
      await agent[Symbol.asyncDispose]()
    }
    expect(processesOf(agent.sandbox.folder)).toEqual([])
  })

  agentTest([kind.name], 'takes a prompt in a terminal', async () => {
    await using agent = watched(await Agent.start(kind, { steps: [{ say: 'Hello from the script.' }] }))
    const screen = await agent.open()
    await screen.submit('Go.')
    await screen.shows(/Hello from the script\./)
    expect(await screen.pid()).toBeGreaterThan(0)
  })
})
