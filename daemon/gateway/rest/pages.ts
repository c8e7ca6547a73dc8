import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { createOpenApi, type OpenApiDocument } from './openapi.ts'
import { renderReferencePage } from './reference-page.ts'
import { STYLE } from './reference-style.ts'

/** What describes the door, for anybody: it says nothing that the source does not. */
interface Page {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

export const PAGE_PATHS = ['/v1/openapi.json', '/v1/docs'] as const
export type PagePath = (typeof PAGE_PATHS)[number]

/** No script, nothing from elsewhere, no frame around it: only the one style that stands in the page. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** The pages, each made when it is first asked for and kept: they change with the version of the daemon only. */
export class Pages {
  readonly #version: string
  #document: OpenApiDocument | undefined
  readonly #made = new Map<PagePath, Page>()

  constructor(version: string) {
    this.#version = version
  }

  send(path: PagePath, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const { body, headers } = this.#made.get(path) ?? this.#make(path)
    reply.headers(headers)
    return matches(request.headers['if-none-match'], headers['etag'] as string) ? reply.code(304).send() : reply.send(body)
  }

  #make(path: PagePath): Page {
    this.#document ??= createOpenApi(this.#version)
    const body = path === '/v1/docs' ? renderReferencePage(this.#document) : JSON.stringify(this.#document)
    const page = { body, headers: { ...headersOf(body), ...TYPES[path] } }
    this.#made.set(path, page)
    return page
  }
}

const TYPES: Readonly<Record<PagePath, Readonly<Record<string, string>>>> = {
  '/v1/openapi.json': { 'content-type': 'application/json; charset=utf-8' },
  '/v1/docs': { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' },
}

function headersOf(body: string): Record<string, string> {
  // Kept, and asked about each time: another daemon may answer at this address.
  return { etag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`, 'cache-control': 'no-cache' }
}

/** RFC 9110, section 13.1.2. */
function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  const known = (ifNoneMatch ?? '').split(',').map((each) => each.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
