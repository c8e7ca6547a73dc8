import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { ACTION, Crew, request } from './support/crew.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('an approval', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`becomes a lease with a scope, is listed and is revoked, on a ${name}`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon, name)
      const builder = await crew.join('builder')
      const first = (await request(builder)).card
      await page.locator('[data-letter="b"]').getByText('Deny:').waitFor()
      await page.locator('[data-letter="a"]', { hasText: 'Approve:' }).click()
      await page.locator('.card-outcome').getByText('A: Allow it, once').waitFor()
      expect((await builder.wire.call('decisions.get', { card: first?.id ?? '' })).card.state).toBe('approved')
      await request(builder)
      const next = { ...ACTION, arguments: { ...ACTION.arguments, version: '2.4.2' } }
      const { card } = await request(builder, next)
      await page.goto(`${daemon.url}/cards/${card?.id}`)
      await page.getByRole('button', { name: 'More than once…' }).click()
      await page.getByText('And there must be no others.').waitFor()
      await page.getByText('Of the one past answer to this action it would have covered 0').waitFor()
      await page.getByRole('checkbox', { name: /version/ }).uncheck()
      await page.getByText('Of the one past answer to this action it would have covered 1').waitFor()
      await expectAccessible(page)
      await device.screenshot(`lease-${name}`)
      await page.getByLabel('Up to how many times').fill('3')
      await page.getByRole('button', { name: 'Approve up to 3 times' }).click()
      await page.locator('.card-outcome').getByText('A: Allow it, once').waitFor()
      expect(await request(builder, { ...ACTION, arguments: { ...ACTION.arguments, version: '9.9.9' } })).toMatchObject({
        verdict: 'allowed',
        approval: { form: 'lease', uses: 1 },
      })
      await page.goto(`${daemon.url}/approvals`)
      await page.getByText('1 of 3 used').waitFor()
      await page.getByText('environment = staging, migrate = true').waitFor()
      await expectAccessible(page)
      await device.screenshot(`approvals-${name}`)
      await page.getByRole('button', { name: /Revoke/ }).click()
      await page.getByText('Nothing is approved in advance.').waitFor()
      await expectAccessible(page)
      expect(await request(builder, next)).toMatchObject({ verdict: 'waits' })
      await device.expectNoProblems()
    })
  }

  it('needs none where a person says so for its kind', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using phone = await Device.open(PHONE)
    const { page } = phone
    await pair(page, daemon)
    const builder = await crew.join('builder')
    await page.goto(`${daemon.url}/tiers`)
    await page.getByLabel('Another kind of action in main').fill('Git Push')
    await page.getByRole('button', { name: 'Add' }).click()
    await page
      .getByRole('alert')
      .getByText(/Expected a kind like/)
      .waitFor()
    await page.getByLabel('Another kind of action in main').fill('git.push')
    await page.getByRole('button', { name: 'Add' }).click()
    await page.getByLabel('What git.push needs in main').selectOption('autonomous')
    await page.getByText('git.push: allowed.').waitFor()
    await expectAccessible(page)
    expect(await request(builder, { kind: 'git.push', name: 'git push' })).toMatchObject({ verdict: 'allowed', tier: 'autonomous' })
    await page.getByRole('button', { name: 'Reset git.push' }).click()
    await page.getByLabel('What git.push needs in main').waitFor({ state: 'detached' })
    await phone.expectNoProblems()
  })
})
