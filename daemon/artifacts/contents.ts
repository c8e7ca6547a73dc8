import type { Reader } from '../store/store.ts'
import type { ContentFiles } from './files.ts'
import { isNamed } from './rows.ts'

/** What is on the disk and why it stays: a content is kept while a row names it, or while an upload of it is under way. */
export class Contents {
  readonly #files: ContentFiles
  readonly #reader: Reader
  readonly #onUnexpected: (error: unknown) => void
  /** Contents of uploads under way, with how many there are of each. */
  readonly #held = new Map<string, number>()
  #closed = false

  constructor(options: { readonly files: ContentFiles; readonly reader: Reader; readonly onUnexpected: (error: unknown) => void }) {
    this.#files = options.files
    this.#reader = options.reader
    this.#onUnexpected = options.onUnexpected
  }

  /** From here until {@link release} nothing takes this content away: its row is on the way. */
  hold(sha256: string): void {
    this.#held.set(sha256, (this.#held.get(sha256) ?? 0) + 1)
  }

  release(sha256: string): void {
    const left = (this.#held.get(sha256) ?? 0) - 1
    if (left > 0) this.#held.set(sha256, left)
    else this.#held.delete(sha256)
    this.forget(sha256)
  }

  /** Takes a content away that nothing names any more. To be called after commits only: a row that is rolled back comes back. */
  forget(sha256: string): void {
    if (this.#closed || this.#held.has(sha256) || isNamed(this.#reader, sha256)) return
    try {
      this.#files.remove(sha256)
    } catch (error) {
      // The next sweep tries again.
      this.#onUnexpected(error)
    }
  }

  /** The database is about to close: nobody can tell any more what is named, so nothing is taken away. */
  close(): void {
    this.#closed = true
  }

  /** Takes away what a crash has left: contents without a row, and uploads that broke off. */
  async sweep(): Promise<void> {
    try {
      await this.#files.clear()
      for await (const sha256 of this.#files.list()) this.forget(sha256)
    } catch (error) {
      this.#onUnexpected(error)
    }
  }
}
