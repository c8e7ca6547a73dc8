import { describe, expect, it } from 'vitest'
import type { NotificationParams } from '../../src/contract/index.ts'
import { SteppedClock } from '../contract/support/stepped-clock.ts'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { killDelivery, offered } from './support/dead-letter.ts'
import { overlaps } from './support/overlap.ts'
import { pair } from './support/pairing.ts'

type DeliverParams = NotificationParams<'mailbox.deliver'>

describe.skipIf(!hasBrowser)('the settings', () => {
  it('pair another device, rename it and revoke it, and it is out at once', async () => {
    await using daemon = await createTestDaemon()
    await using phone = await Device.open(PHONE)
    await using desk = await Device.open(DESK)
    await pair(phone.page, daemon)
    await phone.page.getByRole('button', { name: 'More' }).click()
    await phone.page.getByRole('link', { name: 'Settings' }).click()
    await phone.page.getByRole('button', { name: 'Show a code' }).click()
    await phone.page.getByRole('img', { name: /QR code/ }).waitFor()
    await expectAccessible(phone.page)
    await phone.screenshot('settings-pairing-phone')
    const code = (await phone.page.locator('.pairing-code').textContent()) ?? ''

    await desk.page.goto(`${daemon.url}/pair#${code}`)
    await desk.page.fill('#device', 'desk')
    await desk.page.click('button')
    const digits = await desk.page.locator('#digits:not([hidden])').textContent()
    await phone.page.getByText('desk has used the code.').waitFor()
    expect(await phone.page.locator('.pairing-digits').textContent()).toBe(digits)
    await phone.page.getByRole('button', { name: 'The digits are the same' }).click()
    await desk.page.getByRole('heading', { name: 'Now' }).waitFor()

    await phone.page.getByRole('button', { name: 'Rename desk' }).click()
    await phone.page.getByRole('textbox', { name: 'Name of the device' }).fill('study')
    await phone.page.getByRole('button', { name: 'Save' }).click()
    await phone.page.getByRole('button', { name: 'Revoke study' }).click()
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await phone.page.getByText('study is revoked.').waitFor()
    await desk.page.getByText('This device is not paired').waitFor()
    expect(await desk.page.evaluate("localStorage.getItem('muster-device')")).toBeNull()
    await phone.expectNoProblems()
    await desk.expectNoProblems()
  })

  it('say what was done beside the heading, not over it', async () => {
    await using daemon = await createTestDaemon()
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    await page.goto(`${daemon.url}/settings/notifications`)
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.locator('.toast').getByText('Quiet hours are set.').waitFor()
    expect([await overlaps(page, '.toast', 'h1'), await overlaps(page, '.toast', '.nav-places')]).toEqual([false, false])
    await expectAccessible(page)
    await phone.screenshot('toast-phone')
    // Of tabs that are wider than a phone, the one that is shown is in sight.
    await page.goto(`${daemon.url}/settings/about`)
    await phone.until("document.querySelector('.tabs [aria-current]')?.getBoundingClientRect().right <= innerWidth")
    await phone.expectNoProblems()
  })

  it('set quiet hours and a passphrase, and say what is wrong with one', async () => {
    await using daemon = await createTestDaemon()
    await using device = await Device.open(DESK)
    const { page } = device
    await pair(page, daemon)
    await page.goto(`${daemon.url}/settings/notifications`)
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByText('From 22:00 to 07:00 (Europe/Berlin)').waitFor()
    await expectAccessible(page)
    await device.screenshot('settings-notifications-desk')
    await page.getByRole('link', { name: 'Passphrase' }).click()
    const [first, second] = [page.getByLabel('New passphrase'), page.getByLabel('Once more')]
    await first.fill('short')
    await second.fill('short')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('alert').getByText('Too easily guessed').waitFor()
    await first.fill('maple tundra oboe quartz')
    await second.fill('maple tundra oboe quartz')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('button', { name: 'Change' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('link', { name: 'About' }).click()
    await page.getByText('on the disk').waitFor()
    await expectAccessible(page)
    await device.expectNoProblems()
  })
})

describe.skipIf(!hasBrowser)('the health of the node', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`is told in figures that have names, on a ${name}`, async () => {
      // Both asks are of the same minute.
      const clock = new SteppedClock(Math.floor(Date.now() / 60_000) * 60_000)
      await using daemon = await createTestDaemon({ clock })
      const [worker, asker] = [await daemon.register('worker'), await daemon.register('asker')]
      await using recipient = await daemon.connect(worker.token, { consume: true })
      await using sender = await daemon.connect(asker.token)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon)
      await page.goto(`${daemon.url}/node`)
      await page.getByText('Nothing in this time').nth(3).waitFor()
      expect(await page.locator('.chart svg').count()).toBe(0)
      await expectAccessible(page)
      await device.screenshot(`health-empty-${name}`)
      await sender.call('threads.ask', { to: 'worker', body: 'How far are you?' })
      const { delivery, ...ask } = (await recipient.next('mailbox.deliver')) as unknown as DeliverParams
      clock.advance(1_500)
      await recipient.call('mailbox.ack', { deliveries: [delivery] })
      await sender.call('threads.ask', { to: 'worker', body: 'And the tests?' })
      clock.advance(20_000)
      await recipient.call('threads.answer', { thread: ask.thread.id, body: 'Nearly there.' })
      await page.getByRole('img', { name: 'Asks, last hour: 2 asked, 1 answered; at most 2 a minute' }).waitFor()
      await page.getByRole('img', { name: 'Time until answered, last hour: median 22 s, 95% within 22 s; at most 22 s' }).waitFor()
      const heights = "[...document.querySelectorAll('.chart-figures > li')].map((each) => each.getBoundingClientRect().height)"
      for (const height of (await page.evaluate(heights)) as number[]) expect(height).toBeLessThan(32)
      await expectAccessible(page)
      await device.screenshot(`health-${name}`)
      await device.expectNoProblems()
    })
  }

  it('shows a dead letter, and replays it', async () => {
    const clock = new SteppedClock(Date.now())
    await using daemon = await createTestDaemon({ clock })
    const [worker, asker] = [await daemon.register('worker'), await daemon.register('asker')]
    await using recipient = await daemon.connect(worker.token, { consume: true })
    await using sender = await daemon.connect(asker.token)
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    await killDelivery(clock, sender, recipient, 'worker', 'Take this')
    await page.goto(`${daemon.url}/node`)

    await page.getByText('1 message could not be delivered').waitFor()
    await expectAccessible(page)
    await device.screenshot('health-dead-letter')
    await page.getByRole('button', { name: 'Replay' }).click()
    await page.getByText('All is well.').waitFor()
    expect((await offered(recipient)).message.body).toBe('Take this')
    await expectAccessible(page)
    await device.expectNoProblems()
  })
})
