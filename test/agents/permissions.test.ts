import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect } from 'vitest'
import type { Step } from '../support/scripted-model/script.ts'
import type { Agent } from './support/agent.ts'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { type AgentName, agentProgram, chosenAgents } from './support/programs.ts'
import type { Screen } from './support/screen.ts'

const LOOK_AGAIN_MS = 500

/** A command for which each of them asks its user. */
const ASKING: Readonly<Partial<Record<AgentName, Step>>> = {
  claude: { call: 'Bash', input: { command: 'touch ../made' } },
  codex: { call: 'exec_command', input: { cmd: 'touch ../made', sandbox_permissions: 'require_escalated', justification: 'It is needed.' } },
}

const isMade = (agent: Agent) => existsSync(join(agent.sandbox.folder, 'made'))

/** An agent whose user wants permissions on the phone, in a terminal, with a session that has begun; and the phone. */
async function asking(crew: Crew, name: AgentName, step = ASKING[name]) {
  if (!step) throw new Error(`${name} asks nobody`)
  const agent = await crew.agentAsItCame(name, { steps: [step, { say: 'Over.' }, { say: 'Again.' }] })
  if (name === 'claude') {
    // Whatever it is started with: what it is to ask for, it asks for.
    mkdirSync(join(agent.sandbox.home, '.claude'), { recursive: true })
    writeFileSync(join(agent.sandbox.home, '.claude', 'settings.json'), JSON.stringify({ permissions: { ask: ['Bash'] } }))
  }
  await agent.muster('install', name, '--permission-cards', '--yes')
  await agent.kind.afterInstall?.(agent.sandbox, agentProgram(name))
  const phone = await crew.phone()
  const screen = await agent.open()
  await screen.submit('Go.')
  return { agent, phone, screen }
}

const DIALOG = /Do you want to proceed/
/** Answers the dialog of Claude Code, which for a moment takes no key. */
async function answer(screen: Screen, key: string): Promise<void> {
  await screen.shows(DIALOG)
  while (DIALOG.test(await screen.text())) {
    await screen.press(key)
    await setTimeout(LOOK_AGAIN_MS)
  }
}

describe.each(chosenAgents('claude', 'codex'))('%s, whose user wants permissions on the phone', (name) => {
  agentTest([name], 'does what a person allows there', async () => {
    await using crew = await Crew.start()
    const { agent, phone, screen } = await asking(crew, name)
    const card = await phone.card()
    expect(card).toMatchObject({
      source: 'permission',
      action: { kind: 'tool', name: 'Bash', arguments: { command: 'touch ../made', cwd: agent.sandbox.work } },
    })
    expect(isMade(agent)).toBe(false)
    await phone.decide(card.id, { option: 'a' })
    await screen.shows(/Over\./)
    expect(isMade(agent)).toBe(true)
    expect(await phone.waiting()).toEqual([])
  })

  agentTest([name], 'does not do what a person denies, and its model is told why', async () => {
    await using crew = await Crew.start()
    const { agent, phone, screen } = await asking(crew, name)
    await phone.decide((await phone.card()).id, { option: 'b', note: 'Not on a Friday.' })
    const { conversation } = await agent.model.turn(({ conversation: { newest } }) => newest.includes('Not on a Friday.'))
    expect(conversation.newest).toContain('owner does not allow it.')
    await screen.shows(/Over\./)
    expect(isMade(agent)).toBe(false)
  })
})

describe.each(chosenAgents('claude'))('%s, whose user is at the terminal after all', (name) => {
  agentTest([name], 'does what its user allows there, and the card goes while it does', async () => {
    await using crew = await Crew.start()
    const { agent, phone, screen } = await asking(crew, name, { call: 'Bash', input: { command: 'sleep 20; touch ../made' } })
    const { id } = await phone.card()
    await answer(screen, 'Enter')
    await phone.gone(id)
    expect(isMade(agent)).toBe(false)
    await screen.shows(/Over\./)
    expect(isMade(agent)).toBe(true)
    expect(await phone.get(id)).toMatchObject({ state: 'withdrawn', closed: { how: 'settled' } })
  })

  agentTest([name], 'does not do what its user refuses there, and the card goes', async () => {
    await using crew = await Crew.start()
    const { agent, phone, screen } = await asking(crew, name)
    const { id } = await phone.card()
    await answer(screen, 'Escape')
    await phone.gone(id)
    expect(isMade(agent)).toBe(false)
    expect(await phone.get(id)).toMatchObject({ state: 'withdrawn', closed: { how: 'settled' } })
  })
})
