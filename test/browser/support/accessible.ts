import { source } from 'axe-core'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** When what moves and ends has ended; a skeleton goes on. */
const SETTLED = `Promise.allSettled(document.getAnimations().filter((each) => each.effect?.getComputedTiming().iterations !== Infinity).map(({ finished }) => finished)).then(() => undefined)`

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly target: unknown; readonly failureSummary: string }[]
}

const ALL = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What else there is of a page is the same in light and in dark. */
const OF_COLOURS = ['color-contrast', 'link-in-text-block']
const IS_DARK = "matchMedia('(prefers-color-scheme: dark)').matches"

/** That what the page shows now holds WCAG 2.2 AA in light and in dark, as far as a program can tell (axe-core). */
export async function expectAccessible(page: Page): Promise<void> {
  // The policy of the page lets no script in; the debugger is not bound by it.
  await page.evaluate(`if (!window.axe) { ${source} }`)
  const [now, other] = (await page.evaluate(IS_DARK)) ? (['dark', 'light'] as const) : (['light', 'dark'] as const)
  for (const [colorScheme, runOnly] of [[other, OF_COLOURS] as const, [now, ALL] as const]) {
    await page.emulateMedia({ colorScheme })
    // A colour on its way to another is neither.
    await page.evaluate(SETTLED)
    expect(await violationsOf(page, runOnly), colorScheme).toEqual([])
  }
}

async function violationsOf(page: Page, runOnly: readonly string[]): Promise<readonly Violation[]> {
  const run = `axe.run(document, { runOnly: ${JSON.stringify(runOnly)}, resultTypes: ['violations'] }).then(({ violations }) => violations)`
  const violations = (await page.evaluate(run)) as readonly Violation[]
  return violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ target, failureSummary }) => ({ target, failureSummary })) }))
}
