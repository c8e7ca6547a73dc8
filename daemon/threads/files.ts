import { MusterError } from '../../src/errors.ts'
import { decodeId } from '../../src/ids.ts'
import { type ArtifactRow, findArtifact } from '../artifacts/index.ts'
import type { Caller } from '../caller.ts'
import type { Reader } from '../store/store.ts'
import { findAttachment } from './attachments.ts'
import { viewThread } from './reading.ts'
import { findMessage, type MessageRow } from './rows.ts'

/**
 * The file behind an id, if the caller may read it: its own upload, or what a message carries that it can read. An upload is
 * its uploader's alone; whoever else was sent it knows it by the id that it has in that message.
 *
 * @throws MusterError `not_found` otherwise, whether or not there is such a file
 */
export function findFile(reader: Reader, caller: Caller, id: string): FoundFile {
  const found = decodeId(id)?.kind === 'attachment' ? findAttached(reader, caller, id) : findUploaded(reader, caller, id)
  if (!found) throw new MusterError('not_found', { id })
  return found
}

export interface FoundFile {
  readonly artifact: ArtifactRow
  /** Who sent the message that carries it, or uploaded it. */
  readonly senderId: number | null
}

function findUploaded(reader: Reader, caller: Caller, id: string): FoundFile | undefined {
  const artifact = findArtifact(reader, reader.number('artifact', id))
  const isOwn = caller.kind === 'admin' || (caller.kind === 'peer' && artifact?.uploader_id === caller.peerId)
  return artifact && isOwn ? { artifact, senderId: artifact.uploader_id } : undefined
}

function findAttached(reader: Reader, caller: Caller, id: string): FoundFile | undefined {
  const row = findAttachment(reader, reader.number('attachment', id))
  const message = row && findMessage(reader, row.message_id)
  const artifact = message && isSeen(reader, caller, message) ? findArtifact(reader, row.artifact_id) : undefined
  return artifact && message && { artifact, senderId: message.sender_id }
}

/** The refusal names what was asked for, which is no thread. */
function isSeen(reader: Reader, caller: Caller, message: MessageRow): boolean {
  try {
    return viewThread(reader, caller, reader.id('thread', message.thread_id)).sees(message)
  } catch (error) {
    if (error instanceof MusterError && error.code === 'not_found') return false
    throw error
  }
}

/**
 * The artifacts that a sender wants a message to carry.
 *
 * @throws MusterError `not_found` for the first that it may not read
 */
export function attachable(reader: Reader, caller: Caller, ids: readonly string[] = []): number[] {
  return ids.map((id) => findFile(reader, caller, id).artifact.id)
}
