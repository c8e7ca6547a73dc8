import { createHash } from 'node:crypto'
import { LIMITS } from '../../src/limits.ts'
import type { MusterPeer } from '../peer.ts'

/** Who is still typing has this long, in which nothing is told. */
const QUIET_MS = 2_000
/** After a refusal: a full mailbox, say. */
const RETRY_MS = 60_000

export interface UserNotesOptions {
  readonly peer: MusterPeer
  readonly circle: string
  readonly file: string
  readonly log: (says: string) => void
  /** What is told now, or waits. */
  readonly onState: () => void
}

/** Has whoever leads told of the user notes of one file, once they have come to rest. What was told is known by the daemon, which tells nothing twice. */
export class UserNotes {
  readonly #options: UserNotesOptions
  #text: string | undefined
  /** What the daemon has dealt with. */
  #settled: string | undefined
  #timer: NodeJS.Timeout | undefined
  #isWaiting = false

  constructor(options: UserNotesOptions) {
    this.#options = options
  }

  /** Whether they wait for somebody who leads. */
  get isWaiting(): boolean {
    return this.#isWaiting
  }

  /** What the file says now. */
  read(text: string): void {
    if (text === this.#text) return
    this.#text = text
    this.#in(QUIET_MS)
  }

  /** Somebody may lead now. */
  retry(): void {
    if (this.#isWaiting) this.#in(0)
  }

  end(): void {
    clearTimeout(this.#timer)
  }

  #in(ms: number): void {
    clearTimeout(this.#timer)
    this.#isWaiting = false
    this.#timer = setTimeout(() => void this.#tell(), ms)
  }

  async #tell(): Promise<void> {
    const { peer, circle, file, log, onState } = this.#options
    const text = this.#text ?? ''
    if (text === this.#settled) return
    try {
      const { outcome } = await peer.call('board.notes', { circle, file, ...told(text) })
      this.#isWaiting = outcome === 'waiting'
      if (outcome !== 'waiting') this.#settled = text
      onState()
    } catch (error) {
      if (peer.status.state === 'closed') return
      log(`the user notes could not be told: ${(error as { code?: string }).code ?? 'unknown'}`)
      this.#in(RETRY_MS)
    }
  }
}

function told(text: string): { readonly text: string; readonly chars: number; readonly sha256: string } {
  const beginning = text.slice(0, LIMITS.maxBoardNotesChars)
  // Half of a character would be none.
  return { text: beginning.replace(/[\ud800-\udbff]$/, ''), chars: text.length, sha256: createHash('sha256').update(text).digest('hex') }
}
