import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'

/** Room that uploads under way will take, in bytes: nobody fills a disk with what is not stored yet. */
export interface Reserved {
  readonly ofPeer: number
  readonly ofAll: number
}

const NOTHING: Reserved = { ofPeer: 0, ofAll: 0 }

/** What a file takes on the disk. */
export function bytesOnDisk(size: number): number {
  return Math.max(1, Math.ceil(size / LIMITS.artifactBlockBytes)) * LIMITS.artifactBlockBytes
}

/** What the uploads of a peer take. */
export function roomOf(reader: Reader, peerId: number): number {
  return reader.get<{ bytes: number }>('SELECT bytes FROM artifact_room WHERE peer_id = ?', peerId)?.bytes ?? 0
}

/** What all uploads take. A content that two peers uploaded counts twice: either may stay when the other goes. */
function roomOfAll(reader: Reader): number {
  return reader.get<{ bytes: number }>('SELECT coalesce(sum(bytes), 0) AS bytes FROM artifact_room')?.bytes ?? 0
}

/** @throws MusterError `quota_exceeded` where a file of this size does not fit any more */
export function requireRoom(reader: Reader, peerId: number, size: number, { ofPeer, ofAll }: Reserved = NOTHING): void {
  const needs = bytesOnDisk(size)
  const refuse = (whose: 'peer' | 'node', used: number, quota: number) => {
    if (used + needs <= quota) return
    const hint = 'Room comes back when uploads that no message carries are dropped, after a day, and when messages are redacted or past their time.'
    throw new MusterError('quota_exceeded', { whose, used, quota, size, hint })
  }
  refuse('peer', roomOf(reader, peerId) + ofPeer, LIMITS.peerArtifactBytes)
  refuse('node', roomOfAll(reader) + ofAll, LIMITS.nodeArtifactBytes)
}

export function takeRoom(tx: Tx, peerId: number, size: number): void {
  tx.run('INSERT INTO artifact_room (peer_id, bytes) VALUES (@peer, @bytes) ON CONFLICT (peer_id) DO UPDATE SET bytes = bytes + @bytes', {
    peer: peerId,
    bytes: bytesOnDisk(size),
  })
}

export function giveRoomBack(tx: Tx, peerId: number, size: number): void {
  tx.run('UPDATE artifact_room SET bytes = bytes - ? WHERE peer_id = ?', bytesOnDisk(size), peerId)
  tx.run('DELETE FROM artifact_room WHERE peer_id = ? AND bytes <= 0', peerId)
}
