import { writePrivateFile } from '../local/private-file.ts'
import { appendLines, readJson, readLines, remove, type SessionFiles } from './session-files.ts'
import { endOf, lookInto } from './transcript.ts'

/** What the hooks of a session remember from one run to the next. */
interface Memory {
  readonly transcript: string | undefined
  /** Up to where it has been looked through. */
  readonly offset: number
  /** Ids that were handed over and found in it, in this turn; the daemon knows. */
  readonly proven: readonly string[]
  /** How many times in a row mail kept the turn going. */
  readonly continued: number
}

/** The contract's limit of a boundary. */
export const MAX_SEEN = 200
const LOOK_EVERY_MS = 20

/**
 * What was handed to a session and is not proven to have been seen. Bridge and hooks add ids to one file, which only the end
 * of a turn removes; so nothing that is added at the same moment gets lost.
 */
export class SessionMemory {
  readonly #files: SessionFiles
  readonly #isProof: (line: string) => boolean
  readonly #found = new Set<string>()
  #memory: Memory

  constructor(files: SessionFiles, transcript: string | undefined, isProof: (line: string) => boolean) {
    this.#files = files
    this.#isProof = isProof
    const kept = readMemory(files.memory)
    this.#memory = transcript === undefined || transcript === kept.transcript ? kept : { ...kept, transcript, offset: 0 }
  }

  get continued(): number {
    return this.#memory.continued
  }

  set continued(continued: number) {
    this.#memory = { ...this.#memory, continued }
  }

  /** Ids that were handed over, of which the transcript shows by now that the model saw them, and that the daemon was not told of. */
  look(): readonly string[] {
    const { transcript, offset } = this.#memory
    const wanted = this.#unproven().slice(0, MAX_SEEN)
    if (transcript === undefined) return []
    if (wanted.length === 0) {
      // What is added from here on is all that can hold what is handed over next.
      this.#memory = { ...this.#memory, offset: endOf(transcript) }
      return [...this.#found]
    }
    const look = lookInto(transcript, offset, wanted, this.#isProof)
    for (const id of look.found) this.#found.add(id)
    if (wanted.length < MAX_SEEN) this.#memory = { ...this.#memory, offset: look.offset }
    return [...this.#found]
  }

  /** The same, but gives the runtime time to write: it writes its transcript a little later than it acts. */
  async lookWithin(ms: number): Promise<readonly string[]> {
    const endAt = performance.now() + ms
    for (;;) {
      const found = this.look()
      if (this.#memory.transcript === undefined || this.#unproven().length === 0 || performance.now() >= endAt) return found
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }

  /** The daemon was told of what was found. */
  told(): void {
    this.#memory = { ...this.#memory, proven: [...this.#memory.proven, ...this.#found] }
    this.#found.clear()
  }

  /** What was not proven waits again with the daemon. */
  turnEnded(): void {
    remove(this.#files.handed)
    this.#memory = { ...this.#memory, proven: [] }
  }

  save(): void {
    writePrivateFile(this.#files.memory, JSON.stringify(this.#memory))
  }

  #unproven(): string[] {
    const { proven } = this.#memory
    return [...new Set(readLines(this.#files.handed))].filter((id) => !proven.includes(id) && !this.#found.has(id))
  }
}

/** Notes that the session was handed these messages; called before they are shown to it. */
export function noteHanded(files: SessionFiles, messages: readonly string[]): void {
  appendLines(files.handed, messages)
}

function readMemory(path: string): Memory {
  const { transcript, offset, proven, continued } = readJson(path) ?? {}
  return {
    transcript: typeof transcript === 'string' ? transcript : undefined,
    offset: typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 ? offset : 0,
    proven: Array.isArray(proven) ? proven.filter((id) => typeof id === 'string') : [],
    continued: typeof continued === 'number' ? continued : 0,
  }
}
