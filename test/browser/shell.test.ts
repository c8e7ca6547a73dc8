import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('the dashboard', () => {
  it('weighs less than 100 kB on its first load, compressed, and fetches nothing from elsewhere', async () => {
    await using daemon = await createTestDaemon()
    await using device = await Device.open(PHONE)
    const { page, context } = device
    await pair(page, daemon)
    await page.getByText('Nothing waits for you.').waitFor()
    const elsewhere: string[] = []
    context.on('request', (request) => {
      if (new URL(request.url()).origin !== daemon.url) elsewhere.push(request.url())
    })
    const session = await context.newCDPSession(page)
    await session.send('Network.setCacheDisabled', { cacheDisabled: true })
    await session.send('Network.setBypassServiceWorker', { bypass: true })
    await page.reload()
    await page.getByText('Nothing waits for you.').waitFor()
    const loaded =
      "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')].filter(({ name }) => /\\/$|\\.(?:js|css)$/.test(name))"
    const [files, bytes] = (await page.evaluate(`[${loaded}.length, ${loaded}.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)]`)) as [
      number,
      number,
    ]
    expect(files).toBeGreaterThan(2)
    expect(bytes).toBeGreaterThan(20_000)
    expect(bytes).toBeLessThan(100_000)
    expect(elsewhere).toEqual([])
    await device.expectNoProblems()
  })

  it('loads itself anew, once, where the daemon was upgraded and a file that it wants is gone', async () => {
    await using daemon = await createTestDaemon()
    await using device = await Device.open(DESK)
    const { page } = device
    // Without the worker, which keeps all files of its page.
    await page.addInitScript('delete Navigator.prototype.serviceWorker')
    await pair(page, daemon)
    await page.getByText('Nothing waits for you.').waitFor()
    let isGone = true
    await page.route(/\/assets\/page-/, (route) => (isGone ? route.fulfill({ status: 404, body: '' }) : route.continue()))
    page.once('framenavigated', () => page.once('framenavigated', () => (isGone = false)))
    const reloaded = page.waitForEvent('load')
    await page.getByRole('link', { name: 'Settings' }).click()
    await reloaded
    await page.getByRole('heading', { name: 'Settings' }).waitFor()
    await page.getByText('Your devices').waitFor()
  })

  for (const [name, size] of Object.entries({ phone: PHONE, desk: DESK })) {
    it(`tells a ${name} that is not paired what to do, and takes it in when it is`, async () => {
      await using daemon = await createTestDaemon()
      await using device = await Device.open(size)
      const { page } = device
      await page.goto(`${daemon.url}/threads`)
      await page.getByRole('heading', { name: 'Muster' }).waitFor()
      await expectAccessible(page)
      await device.screenshot(`unpaired-${name}`)
      await pair(page, daemon)
      await page.getByRole('heading', { name: 'Now' }).waitFor()
      await page.getByText('Nothing waits for you.').waitFor()
      await expectAccessible(page)
      await device.screenshot(`now-empty-${name}`)
      expect(await page.evaluate('document.title')).toBe('Now · Muster')
      await device.expectNoProblems()
    })
  }
})
