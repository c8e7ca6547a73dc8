import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew } from './support/crew.ts'
import { pair } from './support/pairing.ts'

const PULL = 'https://github.com/crew/billing/pull/41'

describe.skipIf(!hasBrowser)('a review', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`is given to somebody, commented on and marked, on a ${name}`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon, name)
      const [builder, critic] = [await crew.join('builder'), await crew.join('critic', { capabilities: ['review'] })]
      await page.goto(`${daemon.url}/reviews`)
      await page.getByText('Nothing waits for a review.').waitFor()
      await expectAccessible(page)
      const asked = { subject: { pr: PULL }, sha: 'c0ffee'.padEnd(40, '0'), title: 'Store for invoices', note: 'Mind the lock.' }
      const { review } = await builder.wire.call('reviews.request', asked)
      await crew.admin.call('reviews.observe', { observations: [{ subject: { pr: PULL }, state: 'open', checks: 'failing', at: new Date().toISOString() }] })
      await page.getByText('Checks fail').waitFor()
      await expectAccessible(page)
      for (const colorScheme of ['dark', 'light'] as const) {
        await page.emulateMedia({ colorScheme })
        await device.screenshot(`reviews-${name}-${colorScheme}`)
      }
      await page.getByRole('link', { name: 'Store for invoices' }).click()
      const link = page.getByRole('link', { name: 'Open on github.com' })
      expect([await link.getAttribute('href'), await link.getAttribute('rel')]).toEqual([PULL, 'noopener noreferrer nofollow'])
      await page.getByRole('button', { name: 'Assign…' }).click()
      await page.getByRole('button', { name: 'Assign', exact: true }).click()
      await page.locator('.facts').getByRole('link', { name: 'critic' }).waitFor()
      expect((await critic.wire.next('mailbox.deliver'))['thread']).toMatchObject({ kind: 'ask' })
      await page.getByRole('button', { name: 'Comment…' }).click()
      await page.getByRole('textbox', { name: 'Comment' }).fill('Is there a way back?')
      await page.getByRole('button', { name: 'Send', exact: true }).click()
      await page.locator('.review-history').getByText('Is there a way back?').waitFor()
      await page.getByRole('button', { name: 'Mark reviewed…' }).click()
      await page.getByLabel('Request changes').check()
      await page.getByLabel('Why (optional)').fill('The lock is held for a minute.')
      await expectAccessible(page)
      await device.screenshot(`review-mark-${name}`)
      await page.getByRole('button', { name: 'Mark reviewed', exact: true }).click()
      await page.locator('.facts').getByText('Changes requested').waitFor()
      await expectAccessible(page)
      await device.screenshot(`review-${name}`)
      const { review: now } = await builder.wire.call('reviews.get', { review: review.id })
      expect(now).toMatchObject({ verdict: 'request_changes', reviewer: { role: 'person' }, reviewedHead: asked.sha })
      await device.expectNoProblems()
    })
  }

  it('is asked for in the name of who made it, and withdrawn with a reason', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    const builder = await crew.join('builder')
    await page.goto(`${daemon.url}/reviews`)
    await page.getByRole('button', { name: 'Request a review…' }).click()
    await page.getByLabel('Link of the pull or merge request').fill('https://github.com/crew')
    await page.getByLabel('Author').selectOption({ label: 'builder@main' })
    await page.getByRole('button', { name: 'Request', exact: true }).click()
    await page
      .getByRole('alert')
      .getByText(/Expected a link like/)
      .waitFor()
    await expectAccessible(page)
    await page.getByLabel('Link of the pull or merge request').fill(PULL)
    await page.getByRole('button', { name: 'Request', exact: true }).click()
    await page.locator('.facts').getByRole('link', { name: 'builder' }).waitFor()
    await page.getByRole('button', { name: 'Withdraw…' }).click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('It was only a try.')
    await page.getByRole('button', { name: 'Withdraw', exact: true }).click()
    await page.locator('.review-signs').getByText('Ended').waitFor()
    expect((await builder.wire.call('reviews.list', {})).reviews).toMatchObject([{ state: 'ended', reason: expect.stringContaining('It was only a try.') }])
    await phone.expectNoProblems()
  })
})
