import type { Page } from 'playwright-core'

/** Whether what two selectors show first lies over each other, by so much as a pixel. */
export async function overlaps(page: Page, one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([page.locator(one).first().boundingBox(), page.locator(other).first().boundingBox()])
  if (!a || !b) throw new Error(`Nothing to see of ${a ? other : one}`)
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
}
