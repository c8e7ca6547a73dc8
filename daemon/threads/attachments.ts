import type { Attachment } from '../../src/contract/index.ts'
import { carry, fileFacts, findArtifact, uncarry } from '../artifacts/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'

export interface AttachmentRow {
  readonly id: number
  readonly message_id: number
  readonly artifact_id: number
}

/** What a message says about what it carries: its attachments are numbered without a gap. */
interface Carrier {
  readonly first_attachment: number
  readonly attached: number
}

const OF_MESSAGE = 'SELECT * FROM attachments WHERE id BETWEEN ? AND ? ORDER BY id'

export function findAttachment(reader: Reader, id: number): AttachmentRow | undefined {
  return reader.get<AttachmentRow>('SELECT * FROM attachments WHERE id = ?', id)
}

function rowsOf(reader: Reader, { first_attachment, attached }: Carrier): AttachmentRow[] {
  return attached === 0 ? [] : reader.all<AttachmentRow>(OF_MESSAGE, first_attachment, first_attachment + attached - 1)
}

/** What a message carries. Most carry nothing, and cost nothing here. */
export function attachmentsOf(reader: Reader, message: Carrier): Attachment[] {
  return rowsOf(reader, message).map(({ id, artifact_id }) => {
    const artifact = findArtifact(reader, artifact_id)
    if (!artifact) throw new Error(`Attachment ${id} has no artifact`)
    return { id: reader.id('attachment', id), ...fileFacts(artifact) }
  })
}

/** Has a message carry artifacts, in this order; returns the number of the first attachment. */
export function attach(tx: Tx, messageId: number, artifacts: readonly number[]): number {
  const first = tx.take('attachment', artifacts.length)
  artifacts.forEach((artifact, index) => {
    tx.run('INSERT INTO attachments (id, message_id, artifact_id) VALUES (?, ?, ?)', first + index, messageId, artifact)
    carry(tx, artifact)
  })
  return first
}

/** A message carries nothing any more; returns the artifacts that it carried. */
export function detach(tx: Tx, message: Carrier): number[] {
  const rows = rowsOf(tx, message)
  for (const { id, artifact_id } of rows) {
    tx.run('DELETE FROM attachments WHERE id = ?', id)
    uncarry(tx, artifact_id)
  }
  return rows.map(({ artifact_id }) => artifact_id)
}
