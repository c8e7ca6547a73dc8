import { describe, expect } from 'vitest'
import { Agent } from './support/agent.ts'
import { agentTest } from './support/agent-test.ts'
import { KINDS } from './support/kinds.ts'
import { chosenAgents } from './support/programs.ts'
import { watched } from './support/watched.ts'

/** Claude Code follows what CLAUDE.md names, through the link to the persona; the others read AGENTS.md, which tells the model to read on. */
const READ = { claude: ['# You are boss', '# No persona', '# How Eva wants to be told', '# Projects'], codex: ['# You are boss'], opencode: ['# You are boss'] }

describe.each(chosenAgents('claude', 'codex', 'opencode') as (keyof typeof READ)[])('%s', (name) => {
  agentTest([name], 'reads the files of a workspace when it is started in one', async () => {
    await using agent = watched(await Agent.start(KINDS[name], { steps: [{ say: 'Ready.' }] }))
    await agent.muster('orchestrator', 'init', '--name', 'boss', '--person', 'Eva')
    await agent.turn('Hello.')
    const sent = JSON.stringify(agent.model.requests.map(({ body }) => body))
    for (const text of READ[name]) expect(sent).toContain(text)
    expect(sent).not.toMatch(/\{\{(?:orchestrator|circle|person)/)
  })
})
