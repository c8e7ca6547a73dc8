import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** A file as it is sent. */
export interface PageFile {
  readonly type: string
  readonly bytes: Buffer
  /** The same, compressed by Brotli. */
  readonly compressed: Buffer | undefined
  readonly etag: string
  /** Its name says what is in it, so it never changes. */
  readonly immutable: boolean
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
}
/** Beside the compiled daemon, or where `npm run build` has put it for one that runs from the sources. */
const FOLDERS = ['../../../client/dashboard/', '../../../dist/client/dashboard/']
/** A folder has been built where it has the list of its files. */
const BUILT = 'shell.json'

/** The files of the dashboard by their path; `undefined` where it has not been built. All of them are kept: they are less than a megabyte. */
export async function readPageFiles(): Promise<ReadonlyMap<string, PageFile> | undefined> {
  const folder = FOLDERS.map((path) => fileURLToPath(new URL(path, import.meta.url))).find((path) => existsSync(join(path, BUILT)))
  if (folder === undefined) return undefined
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries.filter((entry) => entry.isFile() && TYPES[extname(entry.name)]).map((entry) => relative(folder, join(entry.parentPath, entry.name)))
  const files = names.map(async (name) => [`/${name.replaceAll(sep, '/')}`, await readPageFile(join(folder, name))] as const)
  return new Map(await Promise.all(files))
}

async function readPageFile(path: string): Promise<PageFile> {
  const bytes = await readFile(path)
  const compressed = existsSync(`${path}.br`) ? await readFile(`${path}.br`) : undefined
  const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
  return { type: TYPES[extname(path)] as string, bytes, compressed, etag, immutable: path.includes(`${sep}assets${sep}`) }
}
