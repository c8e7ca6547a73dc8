import type { Artifact } from '../../src/contract/index.ts'
import { formatTime } from '../../src/time.ts'
import { refOf, timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'

export interface ArtifactRow {
  readonly id: number
  readonly sha256: string
  readonly name: string
  readonly media_type: string
  readonly size: number
  readonly uploader_id: number
  readonly uploaded_at: number
  /** How many attachments name it. */
  readonly carried: number
  readonly drop_at: number | null
}

export function findArtifact(reader: Reader, id: number): ArtifactRow | undefined {
  return reader.get<ArtifactRow>('SELECT * FROM artifacts WHERE id = ?', id)
}

/** Whether any artifact has this content. */
export function isNamed(reader: Reader, sha256: string): boolean {
  return reader.get('SELECT 1 FROM artifacts WHERE sha256 = ? LIMIT 1', sha256) !== undefined
}

/** What a reader of an artifact is told, under whatever id it was asked for. */
export function fileFacts({ name, media_type, size, sha256 }: ArtifactRow) {
  return { name, mediaType: media_type, size, sha256 }
}

export function toArtifact(reader: Reader, row: ArtifactRow): Artifact {
  const from = refOf(reader, row.uploader_id)
  if (!from) throw new Error(`Artifact ${row.id} has no uploader`)
  return {
    id: reader.id('artifact', row.id),
    ...fileFacts(row),
    from,
    uploadedAt: formatTime(row.uploaded_at),
    messages: row.carried,
    dropsAt: timeOrNull(row.drop_at),
  }
}
