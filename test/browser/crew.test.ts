import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { busyDay } from './support/busy-day.ts'
import { Crew } from './support/crew.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('the crew', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`is listed by circle and found by what it does, and each has a page, on a ${name}`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon, name)
      const { builder } = await busyDay(crew)
      await crew.join('porter', { circle: 'ops', description: 'Carries releases' })
      await page.goto(`${daemon.url}/crew`)
      await page.getByRole('heading', { name: /^ops/ }).waitFor()
      await page.getByText('3 of 5: writing the migration').waitFor()
      await expectAccessible(page)
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        await device.screenshot(`crew-${name}-${colorScheme}`)
      }
      await page.getByLabel('Find somebody').fill('codex type')
      await page.getByRole('heading', { name: /^ops/ }).waitFor({ state: 'detached' })
      expect(await page.locator('.crew-table .peer').allTextContents()).toEqual(['builder'])
      await page.locator('.crew-table').getByRole('link', { name: 'builder' }).click()
      await page.getByRole('heading', { name: 'builder', level: 1 }).waitFor()
      await page.locator('.rows').getByRole('link', { name: 'Standup' }).waitFor()
      await page
        .locator('.rows')
        .getByRole('link', { name: /Store for invoices, with its migration/ })
        .waitFor()
      await page.locator('.happenings').getByText('began a turn').waitFor()
      expect(await page.getByRole('link', { name: 'Write', exact: true }).getAttribute('href')).toBe(`/threads/new?to=${builder.id}`)
      await expectAccessible(page)
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        await device.screenshot(`peer-${name}-${colorScheme}`)
      }
      await device.expectNoProblems()
    })
  }

  it('is empty at first, and says how one joins', async () => {
    await using daemon = await createTestDaemon()
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    await page.getByText('Nobody has joined yet.').waitFor()
    await expectAccessible(page)
    await page.goto(`${daemon.url}/crew`)
    await page.locator('.crew-table').getByText('owner').waitFor()
    await expectAccessible(page)
    await page.getByLabel('Find somebody').fill('nobody at all')
    await page.getByText('Nobody was found.').waitFor()
    await expectAccessible(page)
    await phone.expectNoProblems()
  })

  it('is renamed and retired by a person, who is told what retiring does', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    const [one, two] = [await crew.join('one'), await crew.join('two')]
    await one.wire.call('threads.ask', { to: 'two', body: 'Are you there?' })
    await page.goto(`${daemon.url}/crew/${two.id}`)
    await page.getByRole('button', { name: 'Rename…' }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('one')
    await page.getByRole('button', { name: 'Rename', exact: true }).click()
    await page.getByRole('alert').getByText(/name/).waitFor()
    await page.getByRole('textbox', { name: 'Name' }).fill('deux')
    await page.getByRole('button', { name: 'Rename', exact: true }).click()
    await page.getByRole('heading', { name: 'deux', level: 1 }).waitFor()
    await page.getByRole('button', { name: 'Retire…' }).click()
    await page.getByText('Asks that wait for it fail, and their askers are told.').waitFor()
    await expectAccessible(page)
    await phone.screenshot('peer-retire')
    await page.getByLabel('Reason, which the others are told').fill('not needed any more')
    await page.getByRole('button', { name: 'Retire for good' }).click()
    await page.locator('.peer-lead').getByText('Retired').waitFor()
    await two.wire.closed
    const { threads } = await one.wire.call('threads.list', {})
    expect(threads).toMatchObject([{ state: 'failed', reason: 'the recipient has retired: not needed any more' }])
    await expectAccessible(page)
    await phone.expectNoProblems()
  })
})
