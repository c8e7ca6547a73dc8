import { readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { hashOf } from '../agents/install/config-file.ts'
import type { SkillFiles } from './skill-folder.ts'

/**
 * What `muster skill install` wrote into a folder. It stands in that folder itself, so that a copy which was committed, moved or
 * shared still shows what was edited; programs do not read hidden files of a skill.
 */
export interface CopyRecord {
  /** Of the Muster that wrote it. */
  readonly version: string
  /** Hashes by the paths of the files. */
  readonly files: Readonly<Record<string, string>>
}

export const RECORD_FILE = '.muster-skill.json'

/** `undefined` where there is none, or none that could be one of ours: then the files alone decide. */
export async function readCopyRecord(folder: string): Promise<CopyRecord | undefined> {
  try {
    const { v, version, files } = JSON.parse(await readFile(join(folder, RECORD_FILE), 'utf8')) as { v?: unknown; version?: unknown; files?: unknown }
    if (v !== 1 || typeof version !== 'string' || typeof files !== 'object' || files === null) return undefined
    const entries = Object.entries(files).filter((entry): entry is [string, string] => typeof entry[1] === 'string' && isWithin(entry[0]))
    return { version, files: Object.fromEntries(entries) }
  } catch {
    return undefined
  }
}

export function recordText(version: string, files: SkillFiles): string {
  const hashes = Object.fromEntries([...files].map(([path, text]) => [path, hashOf(text)]))
  return `${JSON.stringify({ v: 1, writtenBy: 'muster skill install', version, files: hashes }, null, 2)}\n`
}

/** A record may come with somebody else's project: it names nothing outside of its folder. */
function isWithin(path: string): boolean {
  return path !== '' && !isAbsolute(path) && path.split(/[\\/]/).every((part) => part !== '' && !part.startsWith('.'))
}
