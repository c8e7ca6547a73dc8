import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew } from './support/crew.ts'
import { deliveryOf } from './support/mail.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('the timeline', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`tells a ${name} what happened, goes on by itself, and finds what was said`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon)
      const { wire } = await crew.join('backend')
      await crew.join('reviewer')
      for (let at = 0; at < 70; at++) await wire.call('threads.notify', { to: 'reviewer', body: `Step ${at} of the grand import` })
      await page.goto(`${daemon.url}/timeline`)
      await page.getByRole('heading', { name: 'Today' }).waitFor()
      const events = page.getByRole('listitem').filter({ hasText: 'told something' })
      await events.first().waitFor()
      await expectAccessible(page)
      await device.screenshot(`timeline-${name}`)
      await page.getByRole('button', { name: 'Older' }).click()
      await page.getByText('joined').first().waitFor()
      // Far down, what happens waits above, and nothing moves.
      await page.evaluate('scrollTo(0, 900)')
      const inView = await page.evaluate('document.elementFromPoint(innerWidth / 2, innerHeight / 2).textContent')
      await wire.call('threads.ask', { to: 'reviewer', body: 'Are they right?' })
      const fresh = page.getByRole('button', { name: '1 new' })
      await fresh.waitFor()
      expect(await page.evaluate('document.elementFromPoint(innerWidth / 2, innerHeight / 2).textContent')).toBe(inView)
      await fresh.click()
      await page.getByText('asked something').waitFor()
      await fresh.waitFor({ state: 'detached' })
      await page.getByLabel('What').selectOption('crew')
      await events.first().waitFor({ state: 'detached' })
      await page.getByLabel('What').selectOption('')
      await page.getByRole('combobox', { name: 'Who' }).fill('reviewer')
      await page.waitForURL(/peer=reviewer/)
      await page.getByRole('button', { name: 'Older' }).click()
      await page.getByText('came online').first().waitFor()
      await expectAccessible(page)
      await page.getByRole('combobox', { name: 'Who' }).fill('')
      await page.getByRole('searchbox').fill('"grand import" 42')
      const hit = page.getByRole('link', { name: /Step 42/ })
      await hit.waitFor()
      expect(await hit.locator('mark').allTextContents()).toEqual(['42', 'grand import'])
      await expectAccessible(page)
      await device.screenshot(`search-${name}`)
      await hit.click()
      await page.getByRole('article').filter({ hasText: 'Step 42' }).waitFor()
      await device.expectNoProblems()
    })
  }

  it('draws the life of a message, and says why there is one', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    const { wire } = await crew.join('backend')
    const { wire: reviewer } = await crew.join('reviewer')
    const asked = await wire.call('threads.ask', { to: 'reviewer', body: 'Please review the import.' })
    await page.goto(`${daemon.url}/messages/${asked.sent[0]?.message}`)
    await page.getByText('offered', { exact: true }).first().waitFor()
    const delivered = await deliveryOf(reviewer, 'ask')
    await reviewer.call('threads.answer', { thread: delivered.thread.id, body: 'It is fine.', delivery: delivered.delivery })
    const words = page.getByRole('list').filter({ hasText: 'attempt 1' }).last()
    await words.getByText('answered').waitFor()
    expect(await words.getByRole('listitem').allTextContents()).toEqual([
      expect.stringMatching(/^sent /),
      expect.stringMatching(/^queued .* later$/),
      expect.stringMatching(/^offered .* later \(attempt 1\)$/),
      expect.stringMatching(/^acked .* later$/),
      expect.stringMatching(/^answered .* later$/),
    ])
    expect(await page.locator('svg.picture circle').count()).toBe(5)
    await page.getByRole('link', { name: /It is fine/ }).click()
    await page.getByRole('heading', { name: 'reviewer to backend' }).waitFor()
    const cause = page.getByRole('link', { name: /Please review the import/ })
    await cause.waitFor()
    await expectAccessible(page)
    await device.screenshot('message-phone')
    await page.getByRole('link', { name: 'in its thread' }).click()
    await page.getByRole('article').filter({ hasText: 'It is fine.' }).waitFor()
    await device.expectNoProblems()
  })
})
