import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew } from './support/crew.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('a schedule', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`is made, run, paused, resumed and deleted, on a ${name}`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon, name)
      const builder = await crew.join('builder')
      await page.goto(`${daemon.url}/schedules`)
      await page.getByText('Nothing fires by itself yet.').waitFor()
      await expectAccessible(page)
      await page.getByRole('button', { name: 'New' }).click()
      await page.getByLabel('To', { exact: true }).fill('bilder')
      await page.getByLabel('What it says').fill('What is done, and what is next?')
      await page.getByLabel('When').selectOption('cron')
      await page.getByLabel('Time', { exact: true }).fill('0 9 * * 1-5')
      await page.getByLabel('Time zone').fill('America/New_York')
      await page.getByText(/At 09:00, Monday through Friday. It would fire/).waitFor()
      await page.getByLabel(/^Name, so that/).fill('Standup')
      await page.getByRole('button', { name: 'Make it' }).click()
      await page.locator('.schedule-to').getByRole('alert').waitFor()
      await expectAccessible(page)
      await device.screenshot(`schedule-form-${name}`)
      await page.getByLabel('To', { exact: true }).fill('builder')
      await page.getByRole('button', { name: 'Make it' }).click()
      await page.getByRole('heading', { name: 'Standup', level: 1 }).waitFor()
      await page.locator('.schedule-coming > li').nth(4).getByText(/09:00/).waitFor()
      await page.getByRole('button', { name: 'Run now' }).click()
      await page.getByText('Fired', { exact: true }).last().waitFor()
      expect((await builder.wire.next('mailbox.deliver'))['message']).toMatchObject({ body: 'What is done, and what is next?' })
      await page.getByRole('button', { name: 'Pause' }).click()
      await page.getByRole('button', { name: 'Resume' }).waitFor()
      await expectAccessible(page)
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        await device.screenshot(`schedule-${name}-${colorScheme}`)
      }
      const id = page.url().split('/').at(-1) ?? ''
      expect((await crew.admin.call('schedules.get', { schedule: id })).schedule.state).toBe('paused')
      await page.getByRole('button', { name: 'Resume' }).click()
      await page.getByRole('button', { name: 'Pause' }).waitFor()
      await page.goto(`${daemon.url}/schedules`)
      await page.getByText('At 09:00, Monday through Friday').waitFor()
      await expectAccessible(page)
      await device.screenshot(`schedules-${name}`)
      await page.getByRole('link', { name: 'Standup' }).click()
      await page.getByRole('button', { name: 'Delete…' }).click()
      await page.getByRole('button', { name: 'Delete it' }).click()
      await page.getByText('Nothing fires by itself yet.').waitFor()
      await device.expectNoProblems()
    })
  }

  it('is changed; what the daemon says against it stands at the field that it is about', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    const lead = await crew.join('lead', { role: 'orchestrator' })
    const { schedule } = await lead.wire.call('schedules.create', { body: 'Look at the queue.', every: '2h' })
    await page.goto(`${daemon.url}/schedules/${schedule.id}`)
    await page.getByText('Every 2 hours').waitFor()
    await page.getByRole('button', { name: 'Change…' }).click()
    await page.getByLabel('Time', { exact: true }).fill('often')
    await page.getByRole('button', { name: 'Change it' }).click()
    await page
      .locator('.schedule-when')
      .getByRole('alert')
      .getByText(/90s, 15m or 24h/)
      .waitFor()
    await page.getByLabel('Time', { exact: true }).fill('3h')
    await page.getByRole('button', { name: 'Change it' }).click()
    await page.getByText('Every 3 hours').waitFor()
    expect((await lead.wire.call('schedules.get', { schedule: schedule.id })).schedule.every).toBe('3h')
    await phone.expectNoProblems()
  })
})
