import { createHash } from 'node:crypto'

const KEPT = 160
const SHOWN_CHARS = 320

/** What happened, as a hash of all of it and the last lines. */
export class Trace {
  readonly #hash = createHash('sha256')
  readonly #lines: string[] = []
  readonly #verbose: ((line: string) => void) | undefined
  #chunk: string[] = []

  constructor(verbose?: (line: string) => void) {
    this.#verbose = verbose
  }

  add(at: number, text: string): void {
    this.#chunk.push(`${at} ${text}`)
    if (this.#verbose) this.#verbose(`${at} ${text}`.slice(0, SHOWN_CHARS))
    if (this.#chunk.length >= KEPT) this.#flush()
  }

  last(): string[] {
    return [...this.#lines, ...this.#chunk].slice(-KEPT).map((line) => line.slice(0, SHOWN_CHARS))
  }

  /** Ends the trace. */
  digest(): string {
    this.#flush()
    return this.#hash.digest('hex').slice(0, 32)
  }

  #flush(): void {
    this.#hash.update(this.#chunk.join('\n'))
    this.#lines.splice(0, this.#lines.length, ...this.#chunk)
    this.#chunk = []
  }
}
