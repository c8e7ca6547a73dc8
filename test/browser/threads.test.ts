import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew } from './support/crew.ts'
import { deliveryOf, personOf } from './support/mail.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('threads', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`shows what is said, and lets a ${name} answer it`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon)
      await page.goto(`${daemon.url}/threads`)
      await page.getByText('Nothing has been said yet.').waitFor()
      await expectAccessible(page)
      const { id } = await personOf(crew)
      const { wire } = await crew.join('backend')
      await wire.call('threads.ask', { to: id, body: 'May I **drop** the old tables?', deadline: '90m', priority: 'urgent' })
      const row = page.getByRole('link', { name: /backend to you/ })
      await row.getByText('Unread.').waitFor()
      await row.getByText('Needs your answer').waitFor()
      await row.getByText(/1:(29|30):\d\d/).waitFor()
      await expectAccessible(page)
      await device.screenshot(`threads-${name}`)
      await row.click()
      await page.getByRole('heading', { name: 'backend to you' }).waitFor()
      expect(
        await page
          .getByRole('article')
          .getByText('drop', { exact: true })
          .evaluate((node) => node.tagName),
      ).toBe('STRONG')
      // Shown is read, on all devices.
      await page.getByRole('article').getByText('acked').waitFor()
      expect((await crew.admin.call('mailbox.peek', { peer: id })).waiting).toBe(0)
      await expectAccessible(page)
      await page.getByRole('textbox', { name: 'Answer backend' }).fill('Yes.\nThe backup has them.')
      await device.screenshot(`thread-${name}`)
      await page.getByRole('button', { name: 'Answer', exact: true }).click()
      const { delivery, message } = await deliveryOf(wire, 'answer')
      expect(message.body).toBe('Yes.\nThe backup has them.')
      const mine = page.getByRole('article').last()
      await mine.getByText('offered').waitFor()
      await wire.call('mailbox.ack', { deliveries: [delivery] })
      await mine.getByText('acked').waitFor()
      await page.getByText('Answered').first().waitFor()
      await device.expectNoProblems()
    })

    it(`opens a thread from a ${name}, keeps what was begun, and takes the ask back`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon)
      const { wire } = await crew.join('backend', { description: 'API and database' })
      await crew.join('reviewer')
      await page.goto(`${daemon.url}/threads`)
      await page.getByRole('link', { name: 'New message' }).click()
      await page.getByRole('combobox', { name: 'To' }).fill('data')
      await expectAccessible(page)
      await page.keyboard.press('ArrowDown')
      await page.keyboard.press('Enter')
      expect(await page.getByRole('combobox', { name: 'To' }).inputValue()).toBe('backend')
      await page.getByLabel('Answer within').selectOption('4h')
      await page.getByRole('textbox', { name: 'What should be done' }).fill('Look at the import.')
      await expectAccessible(page)
      await device.screenshot(`new-message-${name}`)
      await page.reload()
      expect(await page.getByRole('textbox', { name: 'What should be done' }).inputValue()).toBe('Look at the import.')
      await page.getByRole('combobox', { name: 'To' }).fill('backend')
      await page.keyboard.press('Tab')
      await page.getByRole('textbox', { name: 'What should be done' }).press('Control+Enter')
      await page.getByRole('heading', { name: 'You to backend' }).waitFor()
      const { thread } = await deliveryOf(wire, 'ask')
      await page.getByRole('button', { name: 'Cancel ask' }).click()
      await page.getByRole('textbox', { name: 'Why' }).fill('Done already.')
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Cancel the ask' }).click()
      await page.getByText('Cancelled').first().waitFor()
      expect((await wire.call('threads.get', { thread: thread.id })).thread).toMatchObject({ state: 'cancelled', reason: 'Done already.' })
      await expectAccessible(page)
      await device.expectNoProblems()
    })
  }
})
