import { describe, expect } from 'vitest'
import { Agent } from './support/agent.ts'
import { agentTest } from './support/agent-test.ts'
import { KINDS } from './support/kinds.ts'
import { chosenAgents } from './support/programs.ts'
import { watched } from './support/watched.ts'

describe.each(chosenAgents('claude', 'codex', 'gemini', 'opencode'))('%s', (name) => {
  agentTest([name], 'shows its model the skills that were installed for this user and in its folder', async () => {
    await using agent = watched(await Agent.start(KINDS[name], { steps: [{ say: 'Ready.' }] }))
    await agent.muster('skill', 'install', 'mesh', '--runtime', name, '--yes')
    await agent.muster('skill', 'install', 'memory', '--runtime', name, '--scope', 'project', '--yes')
    await agent.turn('Hello.')
    const sent = JSON.stringify(agent.model.requests.map(({ body }) => body))
    // The descriptions, which is all that a model sees before it chooses; opencode's stand in those of its tools.
    expect(sent).toContain('or before the first ask, reply, notify or fan.')
    expect(sent).toContain('after a surprise or a decision, or before repeating work.')
    expect(sent).not.toContain('Do not ask again.')
  })
})

describe.each(chosenAgents('claude'))('%s', (name) => {
  agentTest([name], 'shows its model the persona that is in use in a workspace, through the link', async () => {
    await using agent = watched(await Agent.start(KINDS[name], { steps: [{ say: 'Ready.' }, { say: 'Ready.' }] }))
    const sent = () => JSON.stringify(agent.model.turns.at(-1)?.body)
    await agent.muster('orchestrator', 'init', '.')
    await agent.muster('persona', 'use', 'night-watch')
    await agent.turn('Hello.')
    expect(sent()).toContain('# The night-watch')
    await agent.muster('persona', 'use', 'mentor', '--copy')
    await agent.turn('Hello.')
    expect(sent()).toContain('# The patient mentor')
    expect(sent()).not.toContain('# The night-watch')
  })
})
