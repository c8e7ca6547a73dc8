import * as z from 'zod'
import { ID_KINDS } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { Id, Limit, Line, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'

const encoder = new TextEncoder()

/** What a file is called: one segment of a path, never a path. */
const FileName = Line(LIMITS.maxFileNameBytes)
  .min(1, 'A file has a name')
  .refine((name) => encoder.encode(name).length <= LIMITS.maxFileNameBytes, `At most ${LIMITS.maxFileNameBytes} bytes of UTF-8`)
  .refine((name) => !/[/\\]/.test(name) && name !== '.' && name !== '..', 'Expected the name of a file, without a folder')

/** What a file is said to be (RFC 9110, section 8.3). Parameters are left out; nobody checks what is inside. */
const MediaType = z
  .string()
  .max(2 * LIMITS.maxMediaTypeChars)
  .transform((text) => (text.split(';', 1)[0] ?? '').trim().toLowerCase())
  .pipe(
    z
      .string()
      .max(LIMITS.maxMediaTypeChars)
      .regex(/^[a-z0-9][\w!#$&^.+-]*\/[a-z0-9][\w!#$&^.+-]*$/, 'Expected a media type like text/plain'),
  )

const ArtifactId = Id('artifact')
const AttachmentId = Id('attachment')
/** An upload of the caller's own, or a file that a message carries which the caller can read. */
export const FileId = z.union([ArtifactId, AttachmentId], `Expected an id like ${ID_KINDS.attachment}_k7qm2x4f3 or ${ID_KINDS.artifact}_k7qm2x4f3`)

/** The files that a message is to carry: each an upload of the sender's, or one of a message that the sender can read. */
export const Attachments = z
  .array(FileId)
  .min(1)
  .max(LIMITS.maxAttachments)
  .refine((ids) => new Set(ids).size === ids.length, 'Each file once')

const file = {
  name: z.string(),
  mediaType: z.string(),
  /** In bytes. */
  size: z.int(),
  /** Of the content, in hexadecimal digits. */
  sha256: z.string(),
}

/** A file as one message carries it. */
export const Attachment = z.object({ id: AttachmentId, ...file })

/** What a peer uploaded. */
export const Artifact = z.object({
  id: ArtifactId,
  ...file,
  from: PeerRef,
  uploadedAt: Time,
  /** How many messages carry it. */
  messages: z.int(),
  /** When it will be dropped; `null` while a message carries it. */
  dropsAt: Time.nullable(),
})

export const uploadArtifact = operation({
  name: 'artifacts.upload',
  kind: 'stream',
  access: 'peer',
  summary: 'Upload a file, so that messages can carry it. The same content under the same name is the same artifact.',
  input: z.strictObject({ name: FileName, mediaType: MediaType.default('application/octet-stream') }),
  output: z.object({ artifact: Artifact }),
  file: 'sent',
  doors: { http: 'POST /v1/artifacts 201', cli: 'notify --attach', mcp: { none: 'A model writes text, not bytes; a program beside it uploads.' } },
})

export const readArtifact = operation({
  name: 'artifacts.read',
  kind: 'stream',
  access: 'reader',
  summary: 'Read a part of a file: an upload of your own, or what a message carries that you can read.',
  input: z.strictObject({
    artifact: FileId,
    /** In bytes, from the beginning. */
    offset: z.int().min(0).default(0),
    limit: z.int().min(1).max(LIMITS.maxReadBytes).default(LIMITS.maxReadBytes),
  }),
  output: z.object({
    file: z.object({ id: FileId, ...file }),
    /** Who sent the message that carries it, or uploaded it. */
    from: PeerRef.nullable(),
    /** Base64. */
    data: z.string(),
    /** Where to read on; `null` at the end. */
    next: z.int().nullable(),
  }),
  file: 'given',
  doors: { http: 'GET /v1/artifacts/:artifact', cli: 'attachment get', mcp: 'attachment' },
})

export const listArtifacts = operation({
  name: 'artifacts.list',
  kind: 'query',
  access: 'peer',
  summary: 'What you uploaded, the newest first, and how much room that takes.',
  input: z.strictObject({ before: ArtifactId.optional(), limit: Limit.default(50) }),
  output: z.object({
    artifacts: z.array(Artifact),
    before: ArtifactId.nullable(),
    /** In bytes: what is taken, and what may be. */
    room: z.object({ used: z.int(), quota: z.int() }),
  }),
  doors: { http: 'GET /v1/artifacts', cli: 'attachment list', mcp: { none: 'The message in which a file was sent names it.' } },
})
