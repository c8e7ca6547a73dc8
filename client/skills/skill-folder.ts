import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The files of a skill by their paths within it, with `/` between the parts. */
export type SkillFiles = ReadonlyMap<string, string>

/** More than this is no skill of anybody. */
const MAX_FILES = 200
const MAX_DEPTH = 4
const MAX_FILE_BYTES = 1_048_576

/**
 * The regular files of a folder; what links lead to, what is too large and what is hidden is left out. Empty where there is no such
 * folder.
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
    else if (entry.isFile() && (await lstat(path)).size <= MAX_FILE_BYTES) files.set(name, await readFile(path, 'utf8'))
  }
}
