import { decodeId } from '../../src/ids.ts'

/** The number in an id, -1 where there is none. */
export function numberOf(id: unknown): number {
  return decodeId(String(id))?.number ?? -1
}
