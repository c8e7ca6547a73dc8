/** How long a line is held back, so that an earlier one of another process can come before it. */
const HOLD_MS = 120

interface Line {
  readonly at: number
  readonly who: string
  readonly text: string
}

/** Tells the story: one line for each thing that happened, in the order in which it happened, with the seconds since the start. */
export class Narrator {
  readonly #startedAt = Date.now()
  readonly #write: (text: string) => void
  #held: Line[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(write: (text: string) => void) {
    this.#write = write
  }

  title(text: string): void {
    this.#write(`${text}\n`)
  }

  headline(text: string): void {
    this.flush()
    this.#write(`\n${text}\n`)
  }

  line(who: string, text: string, at = Date.now()): void {
    this.#held.push({ at, who, text })
    this.#timer ??= setTimeout(() => this.flush(), HOLD_MS)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    for (const { at, who, text } of this.#held.sort((a, b) => a.at - b.at)) {
      const seconds = ((at - this.#startedAt) / 1_000).toFixed(2).padStart(6)
      this.#write(`${seconds} s  ${who.padEnd(8)}${text}\n`)
    }
    this.#held = []
  }

  get seconds(): string {
    return ((Date.now() - this.#startedAt) / 1_000).toFixed(1)
  }
}
