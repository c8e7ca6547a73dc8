import { statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Output } from '../../src/contract/index.ts'

/** What the files of a database take, and what its disk has left for this user. */
export function storageOf(path: string): Output<'node.status'>['storage'] {
  if (path === ':memory:') return { databaseBytes: 0, walBytes: 0, freeBytes: null }
  return { databaseBytes: sizeOf(path), walBytes: sizeOf(`${path}-wal`), freeBytes: freeBytes(dirname(path)) }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function freeBytes(folder: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize
  } catch {
    // Not every file system tells.
    return null
  }
}
