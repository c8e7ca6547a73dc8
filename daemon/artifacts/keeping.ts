import { LIMITS } from '../../src/limits.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { Contents } from './contents.ts'
import { giveRoomBack, requireRoom, takeRoom } from './room.ts'
import { type ArtifactRow, findArtifact } from './rows.ts'

export interface ArtifactDraft {
  readonly uploaderId: number
  readonly circleId: number
  readonly sha256: string
  readonly name: string
  readonly mediaType: string
  readonly size: number
}

const KNOWN = 'SELECT * FROM artifacts WHERE sha256 = ? AND uploader_id = ? AND name = ? AND media_type = ?'
const INSERT = 'INSERT INTO artifacts (id, sha256, name, media_type, size, uploader_id, uploaded_at, drop_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'

/**
 * Writes down an upload whose content is on the disk. The same content under the same name from the same peer is the same
 * artifact, so that an upload is safe to repeat; its time until it is dropped begins anew.
 *
 * @throws MusterError `quota_exceeded`
 */
export function storeArtifact(tx: Tx, { uploaderId, circleId, sha256, name, mediaType, size }: ArtifactDraft): ArtifactRow {
  const dropAt = tx.now + LIMITS.looseUploadMs
  const known = tx.get<ArtifactRow>(KNOWN, sha256, uploaderId, name, mediaType)
  if (known) {
    tx.run('UPDATE artifacts SET drop_at = max(drop_at, ?) WHERE id = ? AND carried = 0', dropAt, known.id)
    return findArtifact(tx, known.id) as ArtifactRow
  }
  requireRoom(tx, uploaderId, size)
  const id = tx.take('artifact')
  tx.run(INSERT, id, sha256, name, mediaType, size, uploaderId, tx.now, dropAt)
  takeRoom(tx, uploaderId, size)
  tx.event({ type: 'artifact.stored', actor: uploaderId, circle: circleId, audience: 'admin', subject: ['artifact', id], changed: { size } })
  return findArtifact(tx, id) as ArtifactRow
}

/** One more message carries it. */
export function carry(tx: Tx, id: number): void {
  tx.run('UPDATE artifacts SET carried = carried + 1, drop_at = NULL WHERE id = ?', id)
}

/** One message fewer carries it. When that was the last, it stays for a while. */
export function uncarry(tx: Tx, id: number): void {
  tx.run('UPDATE artifacts SET carried = carried - 1, drop_at = iif(carried = 1, ?, NULL) WHERE id = ?', tx.now + LIMITS.uncarriedMs, id)
}

/** Drops it now, if no message carries it. */
export function dropUncarried(tx: Tx, contents: Contents, id: number): void {
  const row = findArtifact(tx, id)
  if (row?.carried === 0) drop(tx, contents, row)
}

/** Drops what is past its time, at most `LIMITS.purgeRows` a call. */
export function purgeArtifacts(tx: Tx, contents: Contents): { readonly purged: number; readonly more: boolean } {
  const rows = tx.all<ArtifactRow>('SELECT * FROM artifacts WHERE drop_at <= ? ORDER BY drop_at LIMIT ?', tx.now, LIMITS.purgeRows)
  for (const row of rows) drop(tx, contents, row)
  return { purged: rows.length, more: rows.length === LIMITS.purgeRows }
}

/** The file goes after the row; should the process die between, the next sweep takes it. */
function drop(tx: Tx, contents: Contents, row: ArtifactRow): void {
  tx.run('DELETE FROM artifacts WHERE id = ?', row.id)
  giveRoomBack(tx, row.uploader_id, row.size)
  tx.after(() => contents.forget(row.sha256))
}

const OWN = 'SELECT * FROM artifacts WHERE uploader_id = ? AND id < ? ORDER BY id DESC LIMIT ?'

/** The uploads of a peer, the newest first. */
export function uploadsOf(reader: Reader, peerId: number, before: number, limit: number): ArtifactRow[] {
  return reader.all<ArtifactRow>(OWN, peerId, before, limit)
}
