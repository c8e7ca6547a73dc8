import { statSync } from 'node:fs'
import { readJson, type SessionFiles } from './session-files.ts'
import { endOf, linesSince } from './transcript.ts'

export interface InterruptionOptions {
  readonly files: SessionFiles
  /** Whether a line of the transcript tells that a person ended the turn. */
  readonly isInterruption: (line: string) => boolean
  /** Wall clock, in milliseconds: it is compared with the times of files. */
  readonly now: () => number
}

/** A person who interrupts a turn mostly has something to say: until then no mail begins another one. */
const GRACE_MS = 60_000

/** Finds out that a turn was interrupted. Its `stop` never comes, so that the session would count as busy until the next prompt. */
export class InterruptionWatch {
  readonly #options: InterruptionOptions
  #path: string | undefined
  #offset = 0
  #interruptedAt: number | undefined

  constructor(options: InterruptionOptions) {
    this.#options = options
  }

  /** Looks at what the transcript has grown by. Returns whether the session has been left alone since an interruption; once for each. */
  look(): boolean {
    const { files, isInterruption, now } = this.#options
    const path = readJson(files.memory)?.['transcript']
    if (typeof path !== 'string') return false
    if (path !== this.#path) this.#begin(path)
    const { lines, offset } = linesSince(path, this.#offset)
    this.#offset = offset
    if (lines.some(isInterruption)) this.#interruptedAt = now()
    if (this.#interruptedAt === undefined) return false
    // A hook has fired since: another turn has begun.
    const isOver = changedAt(files.memory) > this.#interruptedAt
    const isLeftAlone = !isOver && now() - this.#interruptedAt >= GRACE_MS
    if (isOver || isLeftAlone) this.#interruptedAt = undefined
    return isLeftAlone
  }

  #begin(path: string): void {
    this.#path = path
    this.#offset = endOf(path)
    this.#interruptedAt = undefined
  }
}

function changedAt(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}
