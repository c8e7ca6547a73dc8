import { createHash } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { createPrivateFile } from '../local/private-file.ts'
import type { Door } from './door.ts'
import type { Wanted } from './permission-dialog.ts'
import { namesIn, remove, type SessionFiles, sessionsFolder } from './session-files.ts'

const HASH_CHARS = 16
const MARK = '.asked-'

/** Writes the file that is there while this process asks people for a permission: whoever learns that it was answered at the terminal removes it. */
export function noteAsked(files: SessionFiles, wanted: Wanted): string {
  const file = `${prefixOf(files, wanted)}-${process.pid}`
  createPrivateFile(file, '')
  return file
}

/** Whether any session asks people for anything: mostly none does, and which session a hook is of takes a look at processes. */
export function isAnythingAsked(door: Door): boolean {
  return namesIn(sessionsFolder(door)).some((name) => name.includes(MARK))
}

/** What was asked for has been answered; without it, whatever the session asked. */
export function forgetAsked(files: SessionFiles, wanted?: Wanted): void {
  const prefix = prefixOf(files, wanted)
  const folder = dirname(prefix)
  for (const name of namesIn(folder)) if (name.startsWith(basename(prefix))) remove(join(folder, name))
}

function prefixOf({ memory }: SessionFiles, wanted?: Wanted): string {
  const hash =
    wanted &&
    createHash('sha256')
      .update(JSON.stringify([wanted.tool, wanted.arguments]))
      .digest('hex')
      .slice(0, HASH_CHARS)
  return memory.replace(/\.memory\.json$/, `${MARK}${hash ?? ''}`)
}
