import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Output } from '../../src/contract/index.ts'
import { HttpClient } from '../contract/support/http-client.ts'
import { QUESTION } from '../support/cards.ts'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew } from './support/crew.ts'
import { deliveryOf, personOf } from './support/mail.ts'
import { pair } from './support/pairing.ts'

const PICTURE = readFileSync(new URL('../../client/dashboard/public/icon-192.png', import.meta.url))

describe.skipIf(!hasBrowser)('a thread', () => {
  it('sends and shows files, and hands them out as what they are', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    const { id } = await personOf(crew)
    const { wire, token } = await crew.join('backend')
    const http = new HttpClient(daemon.url, token)
    const sent = await http.request('POST', '/v1/artifacts?name=icon.png', { body: PICTURE, headers: { 'content-type': 'image/png' } })
    const page2 = await http.request('POST', '/v1/artifacts?name=evil.html', {
      body: new TextEncoder().encode('<script>window.pwned = true</script>'),
      headers: { 'content-type': 'text/html' },
    })
    const ids = [sent, page2].map(({ body }) => (body as Output<'artifacts.upload'>).artifact.id)
    const asked = await wire.call('threads.ask', { to: id, body: 'Is this the right shade?', attachments: ids })
    await page.goto(`${daemon.url}/threads/${asked.sent[0]?.thread}`)
    const picture = page.getByRole('img', { name: 'icon.png', exact: true })
    await picture.waitFor()
    expect(await picture.getAttribute('src')).toMatch(/^blob:/)
    const [saved] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Download evil.html' }).click()])
    expect(saved.suggestedFilename()).toBe('evil.html')
    expect(await page.evaluate('window.pwned')).toBeUndefined()
    const file = join(daemon.home.path, 'notes.txt')
    writeFileSync(file, 'rather darker')
    await page.locator('input[type=file]').setInputFiles(file)
    await page.getByRole('button', { name: 'Leave out notes.txt' }).waitFor()
    await expectAccessible(page)
    await page.getByRole('textbox', { name: 'Answer backend' }).fill('See the notes.')
    await page.getByRole('button', { name: 'Answer', exact: true }).click()
    const { message } = await deliveryOf(wire, 'answer')
    const [attachment] = message.attachments
    const read = await wire.call('artifacts.read', { artifact: attachment?.id ?? '' })
    expect(Buffer.from(read.data, 'base64').toString()).toBe('rather darker')
    await device.expectNoProblems()
  })

  it('shows the card of a thread in its place, marks what is late, and leaves a tombstone for what was redacted', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(DESK)
    const { page } = device
    await pair(page, daemon)
    const { id } = await personOf(crew)
    const { wire } = await crew.join('backend')
    await wire.call('decisions.raise', QUESTION)
    await page.goto(`${daemon.url}/threads`)
    await page.getByRole('link', { name: /backend to you/ }).click()
    await page.getByRole('button', { name: /SQLite/ }).click()
    await page.getByText('of this thread: answered').waitFor()
    await expectAccessible(page)
    const told = await wire.call('threads.notify', { to: id, body: 'The key is hunter2' })
    const message = told.sent[0]?.message ?? ''
    await page.getByRole('link', { name: /hunter2/ }).click()
    await page.getByRole('article').getByText('hunter2').waitFor()
    await wire.call('threads.redact', { message, reason: 'a secret' })
    await page.getByRole('article').getByText('hunter2').waitFor({ state: 'detached' })
    const asked = await wire.call('threads.ask', { to: id, body: 'Still there?' })
    const thread = asked.sent[0]?.thread ?? ''
    await wire.call('threads.cancel', { thread, reason: 'never mind' })
    await page.goto(`${daemon.url}/threads/${thread}`)
    await page.getByRole('textbox', { name: 'Say more' }).fill('I am.')
    await page.keyboard.press('Enter')
    await page.getByRole('article').last().getByText('Late').waitFor()
    await page.getByText('never mind').first().waitFor()
    await expectAccessible(page)
    await device.expectNoProblems()
  })

  it('narrows the list, goes back through it, and keeps it beside the thread on a desk', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(DESK)
    const { page } = device
    await pair(page, daemon)
    const { id } = await personOf(crew)
    const { wire } = await crew.join('backend')
    await crew.join('reviewer')
    const first = await wire.call('threads.ask', { to: 'reviewer', body: 'The very first one' })
    for (let at = 0; at < 40; at++) await wire.call('threads.notify', { to: 'reviewer', body: `Step ${at}` })
    await wire.call('threads.ask', { to: id, body: 'Which of the two?' })
    await page.goto(`${daemon.url}/threads`)
    await page.getByRole('button', { name: 'Older threads' }).click()
    const oldest = page.getByRole('link', { name: /The very first one/ })
    await oldest.click()
    await page.getByText('You are not part of this thread').waitFor()
    // The list stays as it was.
    expect(await oldest.isVisible()).toBe(true)
    expect(await oldest.getAttribute('aria-current')).toBe('page')
    await page.getByRole('radio', { name: 'To answer' }).check()
    await page.getByRole('link', { name: /Which of the two/ }).waitFor()
    expect(await page.getByRole('link', { name: /Step/ }).count()).toBe(0)
    await page.getByRole('radio', { name: 'All' }).check()
    await page.getByText('More filters').click()
    await page.getByLabel('Open asks only').check()
    await page.getByRole('link', { name: /The very first one/ }).waitFor()
    expect(await page.getByRole('link', { name: /Step/ }).count()).toBe(0)
    expect(page.url()).toContain(`/threads/${first.sent[0]?.thread}?open=1`)
    await expectAccessible(page)
    await device.expectNoProblems()
  })
})
