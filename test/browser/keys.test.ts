import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../support/daemon.ts'
import { expectAccessible } from './support/accessible.ts'
import { DESK, Device, hasBrowser } from './support/browser.ts'
import { pair } from './support/pairing.ts'

describe.skipIf(!hasBrowser)('the keyboard', () => {
  it('goes everywhere, and leaves whoever types alone', async () => {
    await using daemon = await createTestDaemon()
    await daemon.register('builder')
    await using device = await Device.open(DESK)
    const { page } = device
    await pair(page, daemon)
    await page.getByRole('heading', { name: 'Now' }).waitFor()
    await page.keyboard.press('g')
    await page.keyboard.press('h')
    await page.getByRole('heading', { name: 'Health' }).waitFor()
    await page.keyboard.press('/')
    const field = page.getByRole('combobox')
    await field.waitFor()
    await expectAccessible(page)
    await field.pressSequentially('buil')
    await page.getByRole('option', { name: 'builder' }).waitFor()
    await device.screenshot('palette-desk')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/crew\/peer_/)
    await page.keyboard.press('Shift+?')
    await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
    await expectAccessible(page)
    await page.keyboard.press('Escape')
    expect(await page.getByRole('dialog').count()).toBe(0)
    await device.expectNoProblems()
  })

  it('changes the colours, for good', async () => {
    await using daemon = await createTestDaemon()
    await using device = await Device.open(DESK)
    const { page } = device
    await pair(page, daemon)
    await page.getByRole('heading', { name: 'Now' }).waitFor()
    await page.keyboard.press('Control+k')
    await page.getByRole('combobox').pressSequentially('dark')
    await page.keyboard.press('Enter')
    const theme = () => page.evaluate('document.documentElement.dataset.theme')
    expect(await theme()).toBe('dark')
    await page.reload()
    await page.getByRole('heading', { name: 'Now' }).waitFor()
    expect(await theme()).toBe('dark')
    await expectAccessible(page)
  })
})
