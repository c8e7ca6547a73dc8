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
      await crew.join('tester')
      for (let at = 0; at < 70; at++) {
        await wire.call('threads.notify', { to: at % 2 === 0 ? 'reviewer' : 'tester', body: `Step ${at} of the **grand** import` })
      }
      await page.goto(`${daemon.url}/timeline`)
      await page.getByRole('heading', { name: 'Today' }).waitFor()
      const events = page.getByRole('listitem').filter({ hasText: 'backend told' })
      await events.filter({ hasText: 'backend told tester Step 69 of the grand import' }).waitFor()
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
      await page.getByRole('listitem').filter({ hasText: 'backend asked reviewer Are they right?' }).waitFor()
      await fresh.waitFor({ state: 'detached' })
      await page.getByLabel('What').selectOption('crew')
      await events.first().waitFor({ state: 'detached' })
      await page.getByLabel('What').selectOption('')
      await page.getByRole('combobox', { name: 'Who' }).fill('backend')
      await page.waitForURL(/peer=backend/)
      await page.getByRole('button', { name: 'Older' }).click()
      await page.getByText('came online').first().waitFor()
      await expectAccessible(page)
      await page.getByRole('combobox', { name: 'Who' }).fill('')
      await page.getByRole('searchbox').fill('"grand import" 42')
      await page.getByRole('heading', { name: 'Search' }).waitFor()
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

  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`says on a ${name} who said what to whom, how it ended, and many things at once in one line`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      await pair(page, daemon)
      const { wire } = await crew.join('backend')
      const { wire: reviewer } = await crew.join('reviewer')
      await crew.join('tester')
      await crew.join('release-manager-of-everything')
      const ask = async (body: string) => (await wire.call('threads.ask', { to: 'reviewer', body, causedBy: null })).sent[0]?.thread ?? ''
      const line = (text: string | RegExp) => page.getByRole('listitem').filter({ hasText: text })
      await page.goto(`${daemon.url}/timeline`)
      const first = await ask('May I **drop** the old `tables`?')
      await line('backend asked reviewer May I drop the old tables?').waitFor()
      await reviewer.call('threads.reply', { thread: first, body: '\u202eLet me look first.' })
      await line('reviewer said more to backend ␣Let me look first.').waitFor()
      await reviewer.call('threads.answer', { thread: first, body: '## Yes\n\n- all of them\n- [but these](https://example.com/) not' })
      await line('reviewer answered backend Yes • all of them • but these not').waitFor()
      await reviewer.call('threads.decline', { thread: await ask('And the new ones?'), reason: 'They are not mine.' })
      await line('reviewer declined what backend asked: They are not mine.').waitFor()
      await wire.call('threads.cancel', { thread: await ask('Is there anybody?') })
      await line('backend cancelled an ask to reviewer Is there anybody?').waitFor()
      const { sent } = await wire.call('threads.notify', { to: 'role:agent', select: 'all', body: 'The import begins at noon.', causedBy: null })
      const several = line('backend told reviewer, tester and release-manager-of-everything The import begins at noon.')
      await several.waitFor()
      for (let at = 0; at < 20; at++) await wire.call('threads.notify', { to: 'tester', body: `Step ${at} of the grand import`, causedBy: null })
      const run = line(/backend told tester \d+ things/)
      await run.first().waitFor()
      await expectAccessible(page)
      await device.screenshot(`timeline-said-${name}`)
      await run.first().locator('summary').click()
      await page.getByRole('link', { name: 'Step 19 of the grand import' }).waitFor()
      await expectAccessible(page)
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
      await device.screenshot(`timeline-run-${name}`)
      // What is taken back is taken from here, too.
      await wire.call('threads.redact', { message: sent[0]?.message ?? '', reason: 'too early' })
      await line('backend redacted a message to reviewer, tester and release-manager-of-everything').waitFor()
      await several.waitFor({ state: 'detached' })
      await page.getByRole('link', { name: 'Yes • all of them' }).click()
      await page.getByRole('article').filter({ hasText: 'May I drop the old tables?' }).waitFor()
      await page.goto(`${daemon.url}/crew/${(await crew.admin.call('peers.get', { peer: 'reviewer' })).peer.id}`)
      await page.getByRole('listitem').filter({ hasText: 'backend asked reviewer And the new ones?' }).waitFor()
      await expectAccessible(page)
      await device.screenshot(`crew-happened-${name}`)
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
