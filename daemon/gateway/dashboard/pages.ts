import type { FastifyReply, FastifyRequest } from 'fastify'
import { MusterError } from '../../../src/errors.ts'
import { pathOf } from '../http-error.ts'
import { onDemand } from '../on-demand.ts'
import { PAGE_HEADERS } from '../page-headers.ts'
import { type PageFile, readPageFiles } from './files.ts'

const YEAR_SECONDS = 31_536_000

/** Sends the file that is asked for, or the page to a browser that goes to a place in it. */
export function createPages() {
  const read = onDemand(readPageFiles)
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const files = await read()
    const path = pathOf(request.url)
    const isPlace = /\btext\/html\b/.test(request.headers.accept ?? '') && !/\.\w+$/.test(path)
    const file = files?.get(isPlace || path === '/' ? '/index.html' : path)
    if (file) return send(file, request, reply.headers(PAGE_HEADERS))
    throw new MusterError('not_found', { path, ...(files ? {} : { hint: 'The dashboard has not been built: npm run build.' }) })
  }
}

function send({ type, bytes, compressed, etag, immutable }: PageFile, { headers }: FastifyRequest, reply: FastifyReply): FastifyReply {
  const caching = immutable ? `public, max-age=${YEAR_SECONDS}, immutable` : 'no-cache'
  reply.headers({ 'content-type': type, etag, vary: 'accept-encoding', 'cache-control': caching })
  if (headers['if-none-match'] === etag) return reply.code(304).send()
  const isCompressed = compressed !== undefined && /\bbr\b/.test(headers['accept-encoding'] ?? '')
  return isCompressed ? reply.header('content-encoding', 'br').send(compressed) : reply.send(bytes)
}
