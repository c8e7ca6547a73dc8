import type { FastifyReply, FastifyRequest } from 'fastify'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { UploadHead } from '../artifacts/index.ts'
import type { Caller } from '../caller.ts'
import { admit } from './admission.ts'
import type { ArtifactsOptions } from './artifacts-door.ts'
import { callerOf, noteCall } from './bearer.ts'
import type { GatewayDeps } from './deps.ts'
import { deviceToken, halfOf } from './device-token.ts'
import { openFile } from './file-reading.ts'
import { rangeOf } from './range.ts'

/** How long what is left of a refused body is read, so that its sender gets to read why. */
const LINGER_MS = 2_000

/** Receives a file, which the body is. */
export async function upload(options: ArtifactsOptions, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const { deps } = options
  try {
    const caller = speaker(options, request)
    const { name, ...unknown } = request.query as Record<string, unknown>
    const mediaType = request.headers['content-type']
    const { input } = admit(deps, caller, 'artifacts.upload', { name, ...(mediaType !== undefined && { mediaType }), ...unknown })
    const artifact = await deps.artifacts.uploads.receive(caller, { ...(input as UploadHead), ...announcedSize(request) }, request.raw)
    return await reply.code(201).header('location', `${request.routeOptions.url}/${artifact.id}`).send({ artifact })
  } catch (error) {
    const refusal = deps.asMusterError(asBroken(request, error))
    deps.runner.count(refusal)
    endOf(deps, request)
    throw refusal
  }
}

function speaker({ deps, isSecure }: ArtifactsOptions, { headers, raw }: FastifyRequest): Caller {
  const caller = callerOf(deps, headers.authorization, 'token', () => deviceToken(raw, halfOf(raw), isSecure(raw)))
  noteCall(deps, caller)
  return caller
}

function announcedSize({ headers }: FastifyRequest): { readonly size?: number } {
  const length = headers['content-length']
  return length === undefined ? {} : { size: Number(length) }
}

/** A sender that went away is no fault of ours, and nobody reads what it is told. */
function asBroken({ raw }: FastifyRequest, error: unknown): unknown {
  if (error instanceof MusterError || raw.complete || !raw.destroyed) return error
  return new MusterError('unavailable', { hint: 'Upload it again.' }, { message: 'The upload broke off.', cause: error })
}

/** What is left of a refused body is read for a moment; a body without an end is cut. */
function endOf({ clock }: GatewayDeps, { raw }: FastifyRequest): void {
  if (raw.complete || raw.destroyed) return
  raw.resume()
  const cancel = clock.setTimer(() => raw.destroy(), LINGER_MS)
  raw.once('close', cancel)
}

/** Sends a file, or the part of it that was asked for. */
export async function download(options: ArtifactsOptions, request: FastifyRequest<{ Params: { artifact: string } }>, reply: FastifyReply): Promise<unknown> {
  const { deps } = options
  const caller = speaker(options, request)
  const { input } = admit(deps, caller, 'artifacts.read', { artifact: request.params.artifact })
  const { artifact, content } = await openFile(deps, caller, (input as { artifact: string }).artifact)
  const etag = `"${artifact.sha256}"`
  reply.headers({
    'content-type': artifact.media_type,
    'content-disposition': contentDisposition(artifact.name),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'private, no-cache',
    'accept-ranges': 'bytes',
    etag,
  })
  const range = rangeOf(request.headers, artifact.size, etag)
  if (range === 'unchanged' || range === 'unsatisfiable' || request.method === 'HEAD' || artifact.size === 0) {
    await content.close()
    if (range === 'unchanged') return reply.code(304).send()
    if (range === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${artifact.size}`).send()
    return reply.header('content-length', artifact.size).send(null)
  }
  const { start, end, isPart } = range
  if (isPart) reply.code(206).header('content-range', `bytes ${start}-${end}/${artifact.size}`)
  // Who reads nothing for so long holds a file open for nothing.
  reply.raw.setTimeout(LIMITS.uploadIdleMs, () => reply.raw.destroy())
  return reply.header('content-length', end - start + 1).send(content.stream(start, end))
}

/** RFC 6266: the name in ASCII for old readers, and as it is (RFC 8187). Neither can leave its quotes. */
export function contentDisposition(name: string): string {
  const ascii = name.replace(/[^\w .()+,-]/g, '_')
  const encoded = encodeURIComponent(name).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`
}
