import type { Page } from 'playwright-core'
import { HttpClient } from '../../contract/support/http-client.ts'
import type { TestDaemon } from '../../support/daemon.ts'

/** Pairs a browser as a person does: the code is begun and the digits are confirmed beside the daemon. The first is the administrator's to confirm. */
export async function pair(page: Page, { url, home }: Pick<TestDaemon, 'url' | 'home'>, device = 'phone'): Promise<void> {
  const admin = new HttpClient(url, home.token('admin'))
  const { pairing, code } = await admin.call('pairings.begin', {})
  await page.goto(`${url}/pair#${code}`)
  await page.fill('#device', device)
  await page.click('button')
  const digits = page.locator('#digits')
  await digits.waitFor()
  await admin.call('pairings.confirm', { pairing: pairing.id, comparison: (await digits.textContent()) ?? '' })
  await page.waitForURL(`${url}/`)
}

/** Pairs one more browser, confirmed by hand in one that is paired. */
export async function pairBySelf(page: Page, paired: Page, { url, home }: Pick<TestDaemon, 'url' | 'home'>, device: string): Promise<void> {
  const { code } = await new HttpClient(url, home.token('admin')).call('pairings.begin', {})
  await page.goto(`${url}/pair#${code}`)
  await page.fill('#device', device)
  await page.click('button')
  await page.locator('#digits').waitFor()
  await paired.goto(`${url}/`)
  await paired.getByRole('button', { name: 'Yes, the same' }).click()
  await page.waitForURL(`${url}/`)
}
