import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../src/limits.ts'
import { HttpClient } from '../contract/support/http-client.ts'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { busyDay } from './support/busy-day.ts'
import { Crew } from './support/crew.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('what needs a person', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`is ranked, with what everyone does, on a ${name}`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon, name)
      const { builder } = await busyDay(crew)
      await builder.wire.call('threads.ask', { to: 'owner', body: 'Shall the release notes mention the **outage**?', deadline: '3h' })
      await page.getByText('asks you').waitFor()
      expect(await page.locator('.cards > article .card-header .badge:first-child').allTextContents()).toEqual(['Question', 'Approval', 'Ask'])
      await page.getByText('and atlas').waitFor()
      await page.locator('.crew-row').nth(3).waitFor()
      expect(await page.locator('.crew-row .peer').first().textContent()).toMatch(/^reviewer/)
      const row = page.locator('.crew-row').filter({ hasText: 'Store for invoices' })
      await row.getByText('3 of 5: writing the migration').waitFor()
      await row.getByText('working').waitFor()
      await page.getByText('All is well.').waitFor()
      expect(await page.locator('.nav-count').first().textContent()).toBe('3 waiting')
      await expectAccessible(page)
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        await device.screenshot(`now-${name}-${colorScheme}`)
      }
      await device.expectNoProblems()
    })
  }

  it('is an ask that is answered where it stands', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    const builder = await crew.join('builder')
    const { sent } = await builder.wire.call('threads.ask', { to: 'owner', body: 'May I merge?' })
    await page.getByRole('button', { name: 'Answer…' }).click()
    await page.getByLabel('Your answer').fill('Yes, after the tests.')
    await page.getByRole('button', { name: 'Answer', exact: true }).click()
    await page.getByText('Nothing waits for you.').waitFor()
    const { thread, messages } = await builder.wire.call('threads.get', { thread: sent[0]?.thread ?? '' })
    expect([thread.state, messages.at(-1)?.body]).toEqual(['answered', 'Yes, after the tests.'])
    await phone.expectNoProblems()
  })

  it('is a new device that shows the same digits, or does not', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    const redeem = async (device: string) => {
      const { pairing, code } = await crew.admin.call('pairings.begin', {})
      const { token, pairing: redeemed } = await new HttpClient(daemon.url).call('pairings.redeem', { code, device })
      return { id: pairing.id, comparison: redeemed.comparison ?? '', asDevice: new HttpClient(daemon.url, token) }
    }
    const tablet = await redeem('tablet')
    await page.getByRole('heading', { name: 'Does tablet show these digits?' }).waitFor()
    await page.getByText(tablet.comparison, { exact: true }).waitFor()
    await expectAccessible(page)
    await phone.screenshot('now-pairing')
    await page.getByRole('button', { name: 'Yes, the same' }).click()
    await page.getByText('tablet is paired.').waitFor()
    expect((await tablet.asDevice.call('devices.list', {})).devices.map(({ name }) => name)).toEqual(['tablet', 'phone'])
    const stranger = await redeem('stranger')
    await page.getByRole('heading', { name: 'Does stranger show these digits?' }).waitFor()
    await page.getByRole('button', { name: 'No, cancel' }).click()
    await page.getByText('Nothing waits for you.').waitFor()
    await expect(stranger.asDevice.call('devices.list', {})).rejects.toThrow()
    await phone.expectNoProblems()
  })

  it('is an action of a terminal, done only by its digits', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    await crew.join('builder')
    const input = { to: 'builder', body: 'Ship it.\nToday.' }
    const { action, code } = await crew.admin.call('actions.propose', { operation: 'threads.notify', input })
    await page.getByRole('heading', { name: 'Do threads.notify?' }).waitFor()
    await page.locator('.arguments').getByText('Today.').waitFor()
    const field = page.getByLabel('The four digits that the terminal shows')
    await field.fill(code === '0000' ? '1111' : '0000')
    await page.getByRole('button', { name: 'Do it in my name' }).click()
    await page.getByRole('alert').getByText('The terminal shows other digits. If you are not at a terminal, reject it.', { exact: true }).waitFor()
    // Once: where it stands, and nowhere else.
    expect(await page.locator('.toast').count()).toBe(0)
    await expectAccessible(page)
    await phone.screenshot('now-action')
    await field.fill(code)
    await page.getByRole('button', { name: 'Do it in my name' }).click()
    await page.getByText('Nothing waits for you.').waitFor()
    expect((await crew.admin.call('actions.get', { action: action.id })).action.state).toBe('done')
    const { action: other } = await crew.admin.call('actions.propose', { operation: 'threads.notify', input })
    await page.getByRole('button', { name: 'Reject' }).click()
    await page.getByText('Nothing waits for you.').waitFor()
    expect((await crew.admin.call('actions.get', { action: other.id })).action.state).toBe('rejected')
    const third = await crew.admin.call('actions.propose', { operation: 'threads.notify', input })
    for (let wrong = 1; wrong <= LIMITS.maxWrongDigits; wrong++) {
      await field.fill(third.code === '0000' ? `111${wrong}` : '0000')
      await page.getByRole('button', { name: 'Do it in my name' }).click()
      if (wrong < LIMITS.maxWrongDigits) await page.getByRole('alert').waitFor()
    }
    // Where it stood is gone with it, so it is announced.
    await page.locator('.toast').getByText('The action has ended.').waitFor()
    await page.getByText('Nothing waits for you.').waitFor()
    await phone.expectNoProblems()
  })
})
