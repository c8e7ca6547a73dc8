import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { createTestDaemon, type TestDaemon } from '../support/daemon.ts'
import { WireClient } from '../support/wire-client.ts'
import { Device, hasBrowser, PHONE } from './support/browser.ts'
import { Crew } from './support/crew.ts'
import { deliveryOf, personOf } from './support/mail.ts'
import { pair } from './support/pairing.ts'

const HOUR_MS = 3_600_000

/** Another process of the daemon, so to speak: the same data, at the address that the page knows. */
function again({ home, url }: TestDaemon): Promise<TestDaemon> {
  return createTestDaemon({ home, config: loadConfig({ MUSTER_HOME: home.path, MUSTER_PORT: new URL(url).port }, home.path) })
}

/** The connections of a page, which can die as they do when a phone sleeps: nobody is told, nothing arrives, and no new one comes about. */
async function networkOf(page: Page): Promise<{ readonly die: () => void; readonly live: () => void }> {
  let isDead = false
  let generation = 0
  await page.routeWebSocket(/\/v1\/ws/, (socket) => {
    const mine = generation
    if (isDead) return void socket.close()
    const server = socket.connectToServer()
    socket.onMessage((text) => {
      if (mine === generation) server.send(text)
    })
    server.onMessage((text) => {
      if (mine === generation) socket.send(text)
    })
  })
  const die = (): void => {
    isDead = true
    generation++
  }
  return {
    die,
    live: () => {
      isDead = false
    },
  }
}

/** As a browser tells a page that it is looked at, or not any more. */
async function show(page: Page, state: 'hidden' | 'visible'): Promise<void> {
  await page.evaluate(`window.shown = '${state}'
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => window.shown })
    document.dispatchEvent(new Event('visibilitychange'))`)
}

describe.skipIf(!hasBrowser)('a page that was away', () => {
  it('says what was written during a restart of the daemon exactly once, even after a reload', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    const { wire, id, token } = await crew.join('backend')
    const { id: person } = await personOf(crew)
    const { sent } = await wire.call('threads.ask', { to: person, body: 'Which one?' })
    const thread = sent[0]?.thread ?? ''
    await page.goto(`${daemon.url}/threads/${thread}`)
    const field = page.getByRole('textbox', { name: 'Answer backend' })
    await field.fill('The sec')
    // What opens the page without the daemon has all of it by then.
    await device.until('navigator.serviceWorker.controller !== null')
    await daemon.daemon.stop()
    await page.getByText('Offline').waitFor()
    await field.pressSequentially('ond one.')
    await page.getByRole('button', { name: 'Say more' }).click()
    await page.getByText('On its way').waitFor()
    // The page is opened again without the daemon, and still knows.
    await page.reload()
    await page.getByText('Which one?').waitFor()
    await page.getByText('It is kept here').waitFor()
    await device.screenshot('thread-offline-phone')
    await using restarted = await again(daemon)
    await page.getByText('On its way').waitFor({ state: 'detached' })
    await page.getByRole('article').filter({ hasText: 'The second one.' }).waitFor()
    await using back = await WireClient.greet(restarted.url, token, { consume: true })
    expect((await deliveryOf(back, 'reply')).message.body).toBe('The second one.')
    const { messages } = await back.call('threads.get', { thread })
    expect(messages.map(({ body }) => body)).toEqual(['Which one?', 'The second one.'])
    expect((await new Crew(restarted).admin.call('mailbox.peek', { peer: id })).waiting).toBe(1)
    await device.expectNoProblems()
  })

  it('says once what the daemon has stored and could not confirm', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    const { wire } = await crew.join('backend')
    let lost = 0
    // The connection ends between the commit and its reply, the first time.
    await page.routeWebSocket(/\/v1\/ws/, (socket) => {
      const server = socket.connectToServer()
      let awaited: unknown
      socket.onMessage((text) => {
        const frame = JSON.parse(String(text)) as { readonly id: unknown; readonly method: string }
        if (frame.method === 'threads.notify' && lost === 0) awaited = frame.id
        server.send(text)
      })
      server.onMessage((text) => {
        if (awaited === undefined || (JSON.parse(String(text)) as { readonly id?: unknown }).id !== awaited) return socket.send(text)
        lost++
        void socket.close()
        void server.close()
      })
    })
    await page.goto(`${daemon.url}/threads/new?to=backend&kind=notify`)
    await page.getByRole('textbox', { name: 'What should they know' }).fill('The key has moved.')
    await page.getByRole('button', { name: 'Notify', exact: true }).click()
    await page.getByRole('heading', { name: 'You to backend' }).waitFor()
    expect(lost).toBe(1)
    const { threads } = await wire.call('threads.list', { side: 'theirs' })
    expect(threads).toHaveLength(1)
    await device.expectNoProblems()
  })

  it('is current when a phone wakes after an hour, without a reload', async () => {
    await using daemon = await createTestDaemon()
    await using crew = new Crew(daemon)
    await using device = await Device.open(PHONE)
    const { page } = device
    const network = await networkOf(page)
    await page.clock.install()
    await pair(page, daemon)
    const { wire } = await crew.join('backend')
    const { id } = await personOf(crew)
    const { sent } = await wire.call('threads.ask', { to: id, body: 'Shall I go on?', deadline: '4h' })
    const thread = sent[0]?.thread ?? ''
    await page.goto(`${daemon.url}/threads`)
    await page.getByText('Needs your answer').waitFor()
    await show(page, 'hidden')
    network.die()
    await wire.call('threads.cancel', { thread, reason: 'found it myself' })
    await wire.call('threads.notify', { to: id, body: 'The import is done.' })
    await page.clock.fastForward(HOUR_MS)
    expect(await page.getByText('Needs your answer').count()).toBe(1)
    expect(await page.getByText('The import is done').count()).toBe(0)
    network.live()
    await show(page, 'visible')
    await page.getByRole('link', { name: /The import is done/ }).waitFor()
    await page.getByText('Cancelled').waitFor()
    expect(await page.getByText('Needs your answer').count()).toBe(0)
    expect(await page.evaluate('window.shown')).toBe('visible')
    await device.expectNoProblems()
  })
})
