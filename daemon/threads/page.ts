import { LIMITS } from '../../src/limits.ts'
import type { Reader } from '../store/store.ts'

/** Bytes of bodies after which a page ends, so that an answer stays near the size of one frame. */
const PAGE_BYTES = LIMITS.maxFrameBytes

/** The first rows of a page, as many as their bodies allow, and at least one. */
export function fitting<Row>(rows: readonly Row[], bytesOf: (row: Row) => number): Row[] {
  let bytes = 0
  const end = rows.findIndex((row, index) => {
    bytes += bytesOf(row)
    return index > 0 && bytes > PAGE_BYTES
  })
  return end === -1 ? [...rows] : rows.slice(0, end)
}

/** The size of a message's body, for which the body itself need not be read. */
export function bodyBytes(reader: Reader, messageId: number): number {
  return reader.get<{ bytes: number }>('SELECT octet_length(body) AS bytes FROM messages WHERE id = ?', messageId)?.bytes ?? 0
}
