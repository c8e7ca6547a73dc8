import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

/** The files of a skill by their paths within it, with `/` between the parts. */
export type SkillFiles = ReadonlyMap<string, string>

/** More than this is no skill of anybody. */
const MAX_FILES = 200
const MAX_DEPTH = 4
const MAX_FILE_BYTES = 1_048_576

/**
 * The files of a folder, also those that links lead to; hidden ones and linked folders are left out. Of one that is too large to be
 * compared its size stands for it. Empty where there is no such folder.
 */
export async function readSkillFolder(folder: string): Promise<SkillFiles> {
  const files = new Map<string, string>()
  await collect(folder, '', 0, files)
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The folders in a folder, by name; none where it cannot be read. Links to folders count. */
export async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => (entry.isDirectory() || entry.isSymbolicLink()) && !entry.name.startsWith('.'))
    .map(({ name }) => name)
    .sort()
}

async function collect(folder: string, within: string, depth: number, files: Map<string, string>): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) {
    if (entry.name.startsWith('.') || files.size >= MAX_FILES) continue
    const path = join(folder, entry.name)
    const name = within === '' ? entry.name : `${within}/${entry.name}`
    if (entry.isDirectory() && depth < MAX_DEPTH) await collect(path, name, depth + 1, files)
    else if (!entry.isDirectory()) await add(path, name, files)
  }
}

async function add(path: string, name: string, files: Map<string, string>): Promise<void> {
  const stats = await stat(path).catch(() => undefined)
  if (stats?.isFile()) files.set(name, stats.size <= MAX_FILE_BYTES ? await readFile(path, 'utf8') : `${stats.size} bytes`)
}
