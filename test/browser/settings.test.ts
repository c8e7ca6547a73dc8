import { describe, expect, it } from 'vitest'
import { SteppedClock } from '../contract/support/stepped-clock.ts'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { killDelivery, offered } from './support/dead-letter.ts'
import { pair } from './support/pairing.ts'

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
    await phone.page.getByText('desk has the code').waitFor()
    expect(await phone.page.locator('.pairing-digits').textContent()).toBe(digits)
    await phone.page.getByRole('button', { name: 'The digits are the same' }).click()
    await desk.page.getByRole('heading', { name: 'Now' }).waitFor()

    await phone.page.getByRole('button', { name: 'Rename desk' }).click()
    await phone.page.getByRole('textbox', { name: 'Name of the device' }).fill('study')
    await phone.page.getByRole('button', { name: 'Save' }).click()
    await phone.page.getByRole('button', { name: 'Revoke study' }).click()
    await phone.page.getByRole('dialog').getByRole('button', { name: 'Revoke' }).click()
    await phone.page.getByText('study speaks for you no more').waitFor()
    await desk.page.getByText('This device is not paired').waitFor()
    expect(await desk.page.evaluate("localStorage.getItem('muster-device')")).toBeNull()
    await phone.expectNoProblems()
    await desk.expectNoProblems()
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
    await device.screenshot('health-phone')
    await page.getByRole('button', { name: 'Replay' }).click()
    await page.getByText('All is well.').waitFor()
    expect((await offered(recipient)).message.body).toBe('Take this')
    await expectAccessible(page)
    await device.expectNoProblems()
  })
})
