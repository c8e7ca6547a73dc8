import { randomUUID } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

/** `undefined` where there is no such file, or none that this user may read. */
export function readToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined
  } catch {
    // A missing credential is reported by whoever needs it, with the way to get one.
    return undefined
  }
}

/** Replaces a file of one line. Written beside and renamed, so that another process never reads half of it. */
export function writePrivateFile(path: string, text: string): void {
  writeWhole(path, `${text}\n`, 0o600)
}

/** The same with the text as it is. */
export function writeWhole(path: string, text: string, mode: number): void {
  drafted(path, text, mode, (draft) => renameSync(draft, path))
}

/** Makes a file that must not be there yet, whole from the first moment. Returns whether it was made; `false`: another process was first. */
export function createPrivateFile(path: string, text: string): boolean {
  return drafted(path, `${text}\n`, 0o600, (draft) => {
    try {
      // A link, unlike a rename, never replaces.
      linkSync(draft, path)
      return true
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    } finally {
      rmSync(draft, { force: true })
    }
  })
}

function drafted<T>(path: string, text: string, mode: number, place: (draft: string) => T): T {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${randomUUID()}`
  try {
    writeFileSync(draft, text, { mode, flag: 'wx' })
    return place(draft)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}
