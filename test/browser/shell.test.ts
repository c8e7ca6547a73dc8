import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser, PHONE } from './support/browser.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('the dashboard', () => {
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
