import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const PATIENCE_MS = 30_000
const LOOK_AGAIN_MS = 50
/** Programs tell pasting from typing by the time between keys. */
const SETTLE_MS = 300
const SIZE = ['-x', '160', '-y', '50']

export interface ScreenOptions {
  readonly folder: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** A terminal for an interactive program: tmux, with a server of its own. */
export class Screen implements AsyncDisposable {
  readonly #socket: string
  /** What it showed when it was closed. */
  #last: string | undefined

  private constructor(socket: string) {
    this.#socket = socket
  }

  static async open(command: readonly string[], { folder, cwd, env }: ScreenOptions): Promise<Screen> {
    const screen = new Screen(join(folder, `tmux-${process.hrtime.bigint()}`))
    // More than one argument, so that tmux runs the program itself and no shell. What it shows when it ends is kept.
    const options = ['-f', '/dev/null', 'new-session', '-d', '-c', cwd, ...SIZE, '/usr/bin/env', ...command, ';', 'set-option', '-w', 'remain-on-exit', 'on']
    await run('tmux', ['-S', screen.#socket, ...options], { env: { ...env, TERM: 'xterm-256color' }, cwd })
    return screen
  }

  /** The lines that it shows, or last showed, without those that are empty. */
  async text(): Promise<string> {
    if (this.#last !== undefined) return this.#last
    const { stdout } = await this.#tmux('capture-pane', '-p')
    return stdout
      .split('\n')
      .filter((line) => line.trim() !== '')
      .join('\n')
  }

  async type(text: string): Promise<void> {
    await this.#tmux('send-keys', '-l', text)
  }

  /** Types a prompt and sends it. */
  async submit(prompt: string): Promise<void> {
    await this.type(prompt)
    // What arrives in one piece with the text counts as pasted, and a pasted line end sends nothing.
    await this.shows(new RegExp(prompt.replace(/[^\w ]/g, '.')))
    await setTimeout(SETTLE_MS)
    await this.press('Enter')
  }

  /** One key, by tmux's name for it: `Enter`, `Escape`, `2`. */
  async press(key: string): Promise<void> {
    await this.#tmux('send-keys', key)
  }

  /** Resolves once it shows that. @throws Error with what it shows instead */
  async shows(pattern: RegExp, patienceMs = PATIENCE_MS): Promise<string> {
    const giveUpAt = performance.now() + patienceMs
    for (;;) {
      const text = await this.text()
      if (pattern.test(text)) return text
      if (performance.now() > giveUpAt) throw new Error(`No ${pattern} on the screen:\n${text}`)
      await setTimeout(LOOK_AGAIN_MS)
    }
  }

  /** The process that it shows. */
  async pid(): Promise<number> {
    const { stdout } = await this.#tmux('list-panes', '-F', '#{pane_pid}')
    return Number(stdout)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#last !== undefined) return
    this.#last = await this.text().catch(() => 'nothing: it has ended')
    await this.#tmux('kill-server').catch(() => undefined)
  }

  #tmux(...args: string[]): Promise<{ stdout: string; stderr: string }> {
    return run('tmux', ['-S', this.#socket, ...args], { timeout: PATIENCE_MS })
  }
}
