import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { createTestDaemon, TestHome } from '../support/daemon.ts'
import { Device, hasBrowser, PHONE } from './support/browser.ts'
import { pair } from './support/pairing.ts'

/** The same daemon on the same port, as after a restart. */
function again(home: TestHome, url: string) {
  return createTestDaemon({ home, config: loadConfig({ MUSTER_HOME: home.path, MUSTER_PORT: new URL(url).port }, home.path) })
}

describe.skipIf(!hasBrowser)('without the daemon', () => {
  it('the page opens, shows what it knew and how old that is, and goes on by itself when the daemon is back', async () => {
    const home = new TestHome()
    await using first = await createTestDaemon({ home })
    const { url } = first
    const builder = await first.register('builder')
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, first)
    await page.getByText('builder').waitFor()
    // The worker has taken the page over once it controls it.
    await device.until('navigator.serviceWorker.controller !== null')
    await device.until("caches.open('muster-shell').then((shell) => shell.match('/')).then(Boolean)")

    await first.daemon.stop()
    await page.getByText('Offline, since').waitFor()
    await page.getByText('As of').first().waitFor()
    await page.reload()
    await page.getByText('builder').waitFor()
    await page.getByText('As of').first().waitFor()
    await device.screenshot('offline-phone')
    await page.goto(`${url}/crew`)
    await page.getByRole('heading', { name: 'Crew' }).waitFor()
    await page.goto(`${url}/`)

    await using second = await again(home, url)
    await page.getByText('As of').first().waitFor({ state: 'detached' })
    await using wire = await second.connect(builder.token)
    await wire.call('peers.describe', { description: 'Lays bricks' })
    await page.getByText('Lays bricks').waitFor()
    expect(await page.getByText('Offline').count()).toBe(0)
    await device.expectNoProblems()
  })

  it('a phone that slept while its device was revoked forgets everything', async () => {
    await using daemon = await createTestDaemon()
    await daemon.register('builder')
    await using device = await Device.open(PHONE)
    const { page } = device
    await pair(page, daemon)
    await page.getByText('builder').waitFor()
    await page.goto('about:blank')
    await using admin = await daemon.connect(daemon.home.token('admin'))
    const { devices } = await admin.call('devices.list', {})
    await admin.call('devices.revoke', { device: devices[0]?.id ?? '' })
    await page.clock.install()
    await page.goto(`${daemon.url}/`)
    await page.getByText('This device is not paired').waitFor()
    // And so it stays: it does not try again, and does not take the refusal for a daemon that is away.
    let tries = 0
    page.on('websocket', () => (tries += 1))
    await page.clock.fastForward(60_000)
    await page.evaluate("fetch('/v1/ping').then(({ status }) => status)")
    expect([tries, await page.getByText('This device is not paired').isVisible()]).toEqual([0, true])
    const kept =
      "indexedDB.databases().then(async (all) => all.length === 0 ? 0 : new Promise((done) => { const open = indexedDB.open('muster-dashboard'); open.onsuccess = () => { const count = open.result.transaction('answers').objectStore('answers').count(); count.onsuccess = () => done(count.result) } }))"
    await device.until(`${kept}.then((count) => count === 0)`)
    expect(await page.evaluate("localStorage.getItem('muster-device')")).toBeNull()
  })
})
