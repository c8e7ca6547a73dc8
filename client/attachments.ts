import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Artifact } from '../src/contract/index.ts'
import { MusterError } from '../src/errors.ts'
import { LIMITS } from '../src/limits.ts'
import { backoffMs } from './backoff.ts'
import { ClientError } from './client-error.ts'
import type { PeerOptions } from './peer.ts'
import type { Attached, BroadcastOptions, Speaker } from './speaker.ts'

/** A file to upload: one on this machine, or what is in memory or comes as it is made. */
export type FileSource =
  | { readonly path: string; readonly name?: string | undefined; readonly type?: string | undefined }
  | { readonly name: string; readonly type?: string | undefined; readonly data: string | Uint8Array | AsyncIterable<Uint8Array> }

/** An attachment that is open for reading. */
export interface Opened {
  /** Its content, which ends with an error where the connection is lost. */
  readonly stream: Readable
  /** In bytes. */
  readonly size: number
  readonly mediaType: string
  /** Of the whole content, as the daemon keeps it. */
  readonly sha256: string
}

/** Where files are uploaded and downloaded, and as whom. */
export interface FileDoor {
  /** `http://…/v1/artifacts`. */
  readonly url: string
  readonly token: string
}

/** The door for files of the daemon whose WebSocket is at this address. */
export function filesUrl(webSocketUrl: string): string {
  return webSocketUrl.replace(/^ws/, 'http').replace(/\/ws$/, '/artifacts')
}

/**
 * Uploads a file as a stream.
 *
 * @throws MusterError what the daemon answered; `too_large` before anything is sent, where the size is known
 * @throws ClientError `disconnected`
 */
export async function upload({ url, token }: FileDoor, source: FileSource): Promise<Artifact> {
  const { name, body } = await bodyOf(source)
  const headers = { 'content-type': source.type ?? 'application/octet-stream', authorization: `Bearer ${token}` }
  const response = await ask(`${url}?name=${encodeURIComponent(name)}`, { method: 'POST', headers, body, duplex: 'half' })
  return ((await response.json()) as { readonly artifact: Artifact }).artifact
}

/**
 * Opens an attachment; whoever does not read it to its end destroys the stream.
 *
 * @throws MusterError what the daemon answered
 * @throws ClientError `disconnected`
 */
export async function openFile({ url, token }: FileDoor, id: string): Promise<Opened> {
  const response = await ask(`${url}/${encodeURIComponent(id)}`, { headers: { authorization: `Bearer ${token}` } })
  const { headers, body } = response
  return {
    stream: body ? Readable.fromWeb(body as never) : Readable.from([]),
    size: Number(headers.get('content-length')),
    mediaType: headers.get('content-type') ?? 'application/octet-stream',
    sha256: (headers.get('etag') ?? '').replaceAll('"', ''),
  }
}

/**
 * Writes an attachment to a new file, which is there only if all of it came. The path is the caller's: no name that a peer gave
 * has a part in it.
 *
 * @throws Error with the code `EEXIST` where there is a file of that path
 */
export async function saveFile(door: FileDoor, id: string, path: string): Promise<Opened> {
  const opened = await openFile(door, id)
  try {
    // Exclusive, so that neither a file nor a link that is there is written through.
    const file = await open(path, 'wx', 0o600)
    const hash = createHash('sha256')
    try {
      await pipeline(
        opened.stream.on('data', (chunk: Uint8Array) => hash.update(chunk)),
        file.createWriteStream(),
      )
      if (hash.digest('hex') !== opened.sha256) throw new ClientError('disconnected', 'What came is not what was sent.')
    } catch (error) {
      await rm(path, { force: true })
      throw error
    }
  } finally {
    opened.stream.destroy()
  }
  return opened
}

/** A speaker that uploads what is to be attached, and opens what it was sent. */
export function withFiles(speaker: Omit<Speaker, 'attach' | 'open' | 'download'>, options: PeerOptions): Speaker {
  const door = async (): Promise<FileDoor> => ({ url: filesUrl(await options.url()), token: await options.credentials.current() })
  const attach: Speaker['attach'] = (file) => patiently(options, typeof file === 'string' ? { path: file } : file, door)
  const ids = (attachments: readonly Attached[]) =>
    Promise.all(attachments.map(async (each) => (typeof each === 'string' ? each : 'id' in each ? each.id : (await attach(each)).id)))
  const sending =
    <To, O extends { readonly attachments?: readonly Attached[] | undefined }, R>(send: (to: To, body: string, options?: O) => Promise<R>) =>
    (to: To, body: string, given?: O): Promise<R> =>
      given?.attachments ? ids(given.attachments).then((attachments) => send(to, body, { ...given, attachments })) : send(to, body, given)
  const broadcasting = sending((_to: undefined, body, options?: BroadcastOptions) => speaker.broadcast(body, options))
  return {
    ...speaker,
    ask: sending(speaker.ask),
    cast: sending(speaker.cast),
    notify: sending(speaker.notify),
    fan: sending(speaker.fan),
    broadcast: (body, options) => broadcasting(undefined, body, options),
    attach,
    open: async (file) => openFile(await door(), idOf(file)),
    download: async (file, path) => void (await saveFile(await door(), idOf(file), path)),
  }
}

function idOf(file: string | { readonly id: string }): string {
  return typeof file === 'string' ? file : file.id
}

/** Uploads again while the daemon restarts: what is uploaded twice is the same artifact. What comes as it is made comes once. */
async function patiently({ platform, callTimeoutMs }: PeerOptions, source: FileSource, door: () => Promise<FileDoor>): Promise<Artifact> {
  const canRepeat = 'path' in source || typeof source.data === 'string' || source.data instanceof Uint8Array
  let patienceMs = callTimeoutMs
  for (let tries = 0; ; tries += 1) {
    try {
      return await upload(await door(), source)
    } catch (error) {
      const pauseMs = backoffMs(tries, platform.random)
      patienceMs -= pauseMs
      if (!canRepeat || !isPassing(error) || patienceMs < 0) throw error
      await new Promise<void>((resolve) => platform.clock.setTimer(resolve, pauseMs))
    }
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof ClientError) return error.code === 'disconnected'
  return error instanceof MusterError && ['unavailable', 'shutting_down', 'too_many_requests'].includes(error.code)
}

async function bodyOf(source: FileSource): Promise<{ readonly name: string; readonly body: unknown }> {
  if ('path' in source) {
    const { path, name = basename(path) } = source
    const file = await stat(path)
    if (!file.isFile()) throw new TypeError(`Expected a file, got ${path}`)
    refuseLarge(file.size)
    return { name, body: Readable.toWeb(createReadStream(path)) }
  }
  const { name, data } = source
  if (typeof data !== 'string' && !(data instanceof Uint8Array)) return { name, body: Readable.toWeb(Readable.from(data)) }
  refuseLarge(typeof data === 'string' ? Buffer.byteLength(data) : data.length)
  return { name, body: data }
}

function refuseLarge(size: number): void {
  const limit = LIMITS.maxArtifactBytes
  if (size > limit)
    throw new MusterError('too_large', { limit, size, hint: `A file has at most ${limit} bytes.` }, { message: 'The file is larger than the limit.' })
}

async function ask(url: string, init: object): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (cause) {
    throw new ClientError('disconnected', 'The daemon cannot be reached.', { cause })
  }
  if (response.ok) return response
  const { error } = (await response.json()) as { readonly error: { readonly code: unknown } }
  throw MusterError.fromData(error)
}
