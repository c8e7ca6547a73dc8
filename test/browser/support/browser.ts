import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { expect, vi } from 'vitest'

const CHROMIUM = process.env['MUSTER_CHROMIUM'] ?? '/usr/bin/chromium'
/** Without it, the tests of the dashboard are skipped, and the run says so. */
export const hasBrowser = existsSync(CHROMIUM)

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Where screenshots are kept, for people to look at. */
const SCREENSHOTS = new URL('../../../coverage/screenshots/', import.meta.url).pathname

export const PHONE = { width: 390, height: 844 }
export const DESK = { width: 1440, height: 900 }

/** A browser of its own, with nothing in it: one device. */
export class Device implements AsyncDisposable {
  readonly context: BrowserContext
  readonly page: Page
  /** What the page logged as an error, or threw: nothing that a daemon says may cause one. */
  readonly problems: string[] = []
  readonly #folder: string

  private constructor(context: BrowserContext, page: Page, folder: string) {
    this.context = context
    this.page = page
    this.#folder = folder
    page.on('pageerror', (error) => this.problems.push(String(error)))
    page.on('console', (said) => {
      // A connection that is refused while the daemon is away is no fault of the page.
      if (said.type() === 'error' && !/ERR_CONNECTION|WebSocket connection|Failed to load resource/.test(said.text())) this.problems.push(said.text())
    })
  }

  static async open(viewport: { readonly width: number; readonly height: number } = PHONE): Promise<Device> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-browser-'))
    const isPhone = viewport.width < 600
    const context = await chromium.launchPersistentContext(folder, {
      executablePath: CHROMIUM,
      args: FLAGS,
      viewport,
      hasTouch: isPhone,
      isMobile: isPhone,
      deviceScaleFactor: isPhone ? 2 : 1,
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
    })
    context.setDefaultTimeout(20_000)
    const page = context.pages()[0] ?? (await context.newPage())
    return new Device(context, page, folder)
  }

  /** Keeps what the page shows now, under a name. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true })
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' })
  }

  /** Waits until an expression is true in the page, asked by the debugger: the policy of the page lets nobody else evaluate one. */
  async until(expression: string): Promise<void> {
    await vi.waitUntil(() => this.page.evaluate(expression), { timeout: 20_000, interval: 50 })
  }

  async expectNoProblems(): Promise<void> {
    expect(this.problems).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
