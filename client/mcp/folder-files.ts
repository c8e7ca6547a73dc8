import { realpath } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { MusterError } from '../../src/errors.ts'
import type { PortFiles } from '../../src/tools/port.ts'
import { type FileDoor, saveFile, upload } from '../attachments.ts'

/**
 * The files of one folder, the agent's: a model that was talked into it sends nothing from elsewhere by this, and writes nothing
 * elsewhere. Links are followed before it is looked where a path leads.
 */
export class FolderFiles implements PortFiles {
  readonly #folder: string
  readonly #door: () => Promise<FileDoor>

  constructor(folder: string, door: () => Promise<FileDoor>) {
    this.#folder = folder
    this.#door = door
  }

  async upload(path: string): Promise<string> {
    return await told(path, async () => {
      const file = await this.#inside(resolve(this.#folder, path))
      return (await upload(await this.#door(), { path: file, name: basename(path) })).id
    })
  }

  async save(id: string, path: string): Promise<void> {
    await told(path, async () => {
      const target = resolve(this.#folder, path)
      const folder = await this.#inside(dirname(target), true)
      await saveFile(await this.#door(), id, join(folder, basename(target)))
    })
  }

  /** Where a path leads, which must be within the folder. */
  async #inside(path: string, mayBeItself = false): Promise<string> {
    const [found, folder] = await Promise.all([realpath(path), realpath(this.#folder)])
    const way = relative(folder, found)
    const isInside = way === '' ? mayBeItself : way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === found
    if (!isInside) throw new MusterError('forbidden', { hint: 'Only files in the folder of this session.' })
    return found
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'There is no file or folder of that path.',
  EEXIST: 'There is a file of that path already: give the path of a new one.',
  EISDIR: 'That path is a folder.',
  ENOTDIR: 'A part of that path is no folder.',
  EACCES: 'That path may not be read or written.',
  ENOSPC: 'The disk is full.',
}

/** What the system said, in the words of a tool's failure. */
async function told<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    const hint = cause instanceof TypeError ? 'That path is no file.' : REASONS[code]
    throw hint === undefined ? cause : new MusterError('invalid_input', { path, hint }, { cause })
  }
}
