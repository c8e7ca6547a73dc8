import { describe, expect, it } from 'vitest'
import { SteppedClock } from '../contract/support/stepped-clock.ts'
import { QUESTION } from '../support/cards.ts'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew, type Member } from './support/crew.ts'
import { deliveryOf, personOf } from './support/mail.ts'
import { overlaps } from './support/overlap.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('the orchestrator', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`is one conversation on a ${name}, whoever leads`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon)
      await page.getByRole('link', { name: 'Orchestrator' }).click()
      await page.getByText('Nobody leads main.').waitFor()
      await page.getByText('muster orchestrator init').waitFor()
      await expectAccessible(page)
      await device.screenshot(`orchestrator-empty-${name}`)
      const { id } = await personOf(crew)
      const first = await crew.join('foreman', { role: 'orchestrator', description: 'Splits the work' })
      const second = await crew.join('deputy', { role: 'orchestrator' })
      await page.getByRole('button', { name: 'Have foreman lead' }).click()
      await page.getByText('foreman leads main now.').waitFor()
      await page.getByRole('textbox', { name: 'Write to the orchestrator' }).waitFor()
      expect([await overlaps(page, '.toast', '.composer'), await overlaps(page, '.toast', 'h1')]).toEqual([false, false])
      await page.getByText('reached at once').waitFor()
      const field = page.getByRole('textbox', { name: 'Write to the orchestrator' })
      await field.fill('Ship the import today.')
      await page.getByRole('button', { name: 'Ask', exact: true }).click()
      const asked = await deliveryOf(first.wire, 'ask')
      expect(asked.message.body).toBe('Ship the import today.')
      await first.wire.call('threads.answer', { thread: asked.thread.id, body: 'At four.', delivery: asked.delivery })
      await page.getByText('At four.').waitFor()
      await page.getByLabel('Needs an answer').uncheck()
      await field.fill('I am out until three.')
      await page.getByRole('button', { name: 'Notify' }).click()
      expect((await deliveryOf(first.wire, 'notify')).message.body).toBe('I am out until three.')
      await first.wire.call('decisions.raise', QUESTION)
      await page.getByRole('button', { name: /SQLite/ }).waitFor()
      await crew.admin.call('orchestrators.appoint', { peer: second.id })
      await page.getByText('deputy').first().waitFor()
      const question = await second.wire.call('threads.ask', { to: id, body: 'Who tests it?' })
      await page.getByRole('article').filter({ hasText: 'Who tests it?' }).getByRole('button', { name: 'Answer' }).click()
      await page.getByText('Answers “Who tests it?”').waitFor()
      await expectAccessible(page)
      await page.getByRole('textbox', { name: 'Answer deputy' }).fill('The reviewer.')
      await page.getByRole('button', { name: 'Answer', exact: true }).last().click()
      const answer = await deliveryOf(second.wire, 'answer')
      expect(answer).toMatchObject({ thread: { id: question.sent[0]?.thread }, message: { body: 'The reviewer.' } })
      // Both leaders, in one conversation.
      await page.getByRole('article').filter({ hasText: 'The reviewer.' }).waitFor()
      await page.getByText('At four.').waitFor()
      expect((await crew.admin.call('mailbox.peek', { peer: id })).waiting).toBe(0)
      await expectAccessible(page)
      await device.screenshot(`orchestrator-${name}`)
      await device.expectNoProblems()
    })
  }

  it('is in the order in which the daemon stored it, whatever its clock said, on all of its pages', async () => {
    const clock = new SteppedClock(Date.now())
    await using daemon = await createTestDaemon({ clock })
    await using crew = new Crew(daemon)
    await using device = await Device.open(DESK)
    const { page } = device
    await pair(page, daemon)
    const { id } = await personOf(crew)
    const lead = await crew.join('lead', { role: 'orchestrator' })
    await lead.wire.call('orchestrators.claim', {})
    const tell = async ({ wire }: Member, body: string) => (await wire.call('threads.notify', { to: id, body })).sent[0]?.thread ?? ''
    // Older than what one list of threads holds, all of one moment; the first goes on after the last, when the clock was set back.
    const first = await tell(lead, 'Note 1')
    await tell(lead, 'Note 2')
    for (const name of ['north', 'east', 'south', 'west']) {
      const agent = await crew.join(name)
      for (let word = 0; word < 10; word++) await tell(agent, 'Noise')
    }
    for (let number = 3; number <= 14; number++) await tell(lead, `Note ${number}`)
    clock.advance(-60_000)
    await lead.wire.call('threads.reply', { thread: first, body: 'Note 15' })
    await page.goto(`${daemon.url}/orchestrator`)
    // A reply begins with what its thread is about.
    const shown = async () => (await page.locator('.chat .message').allTextContents()).map((text) => Number([...text.matchAll(/Note (\d+)/g)].at(-1)?.[1]))
    await page.getByText('Note 14').waitFor()
    expect(await shown()).toEqual(Array.from({ length: 12 }, (_, index) => index + 3))
    await page.getByRole('button', { name: 'Earlier' }).click()
    await page.getByText('Note 15').waitFor()
    expect(await shown()).toEqual(Array.from({ length: 15 }, (_, index) => index + 1))
    await device.expectNoProblems()
  })

  it('is another one in each circle', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    const north = await crew.join('north-lead', { role: 'orchestrator', circle: 'north' })
    await north.wire.call('orchestrators.claim', {})
    await page.goto(`${daemon.url}/orchestrator`)
    await page.getByText('leads north').waitFor()
    await page.getByRole('textbox', { name: 'Write to the orchestrator' }).fill('How far are you?')
    await page.getByRole('button', { name: 'Ask', exact: true }).click()
    expect((await deliveryOf(north.wire, 'ask')).message.body).toBe('How far are you?')
    await expectAccessible(page)
    await page.getByLabel('Circle').selectOption('main')
    await page.getByText('Nobody leads main.').waitFor()
    await page.getByText('How far are you?').waitFor({ state: 'detached' })
    await device.expectNoProblems()
  })
})
