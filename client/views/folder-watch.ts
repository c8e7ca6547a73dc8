import { type FSWatcher, statSync, watch } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Tells of changes to a file by watching its folder: editors put another file in its place. */
export class FolderWatch {
  readonly #path: string
  readonly #onChange: () => void
  #watcher: FSWatcher | undefined
  #folder: bigint | undefined

  constructor(path: string, onChange: () => void) {
    this.#path = path
    this.#onChange = onChange
  }

  /** Watches the folder that is there now: it may have come, gone, or be another one. */
  renew(): void {
    const folder = statSync(dirname(this.#path), { bigint: true, throwIfNoEntry: false })?.ino
    if (folder === this.#folder && this.#watcher) return
    this.end()
    this.#folder = folder
    if (folder === undefined) return
    try {
      const file = basename(this.#path)
      this.#watcher = watch(dirname(this.#path), (_event, name) => void (name === file && this.#onChange()))
      this.#watcher.on('error', () => this.end())
    } catch {
      // No more watches are to be had: what the file says is read with each look.
    }
  }

  end(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}
