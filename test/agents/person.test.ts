import { describe, expect } from 'vitest'
import { Device, hasBrowser, PHONE } from '../browser/support/browser.ts'
import { pair } from '../browser/support/pairing.ts'
import { HttpClient } from '../contract/support/http-client.ts'
import { agentTest } from './support/agent-test.ts'
import { Crew } from './support/crew.ts'
import { chosenAgents } from './support/programs.ts'
import { answering } from './support/steps.ts'

const QUESTION = 'What is everybody doing?'
const ANSWER = 'The importer is nearly done.'

describe.skipIf(!hasBrowser).each(chosenAgents('claude', 'codex'))('a person on the dashboard', (name) => {
  agentTest([name], `talks to ${name}, which leads and is idle, and has its answer on the phone`, async () => {
    await using crew = await Crew.start()
    await crew.peer('desk')
    const admin = new HttpClient(crew.url, crew.home.token('admin'))
    const { token } = await admin.call('enrolments.create', { roles: ['orchestrator'] })
    const agent = await crew.agent(name, { env: { MUSTER_TOKEN: token }, steps: [answering(ANSWER), { say: 'Ready.' }, { say: 'Answered.' }] })
    await crew.openIdle(agent)
    expect((await crew.roll()).find(({ name: each }) => each === agent.peerName)?.role).toBe('orchestrator')

    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, crew)
    await page.getByRole('link', { name: 'Orchestrator' }).click()
    await page.getByRole('textbox').fill(QUESTION)
    await page.keyboard.press('Control+Enter')
    await page.getByText(ANSWER).waitFor({ timeout: 120_000 })
    await phone.screenshot(`orchestrator-${name}`)
    // Its model was shown whose words they are, by a mark that no peer can make.
    const { conversation } = await agent.model.turn(({ conversation: { newest } }) => newest.includes(QUESTION))
    expect(conversation.newest).toMatch(/<person-message [^>]*from=/)
    await phone.expectNoProblems()
  })
})
