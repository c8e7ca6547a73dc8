import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { MusterError } from '../../src/errors.ts'
import type { GatewayDeps } from './deps.ts'
import { onDemand } from './on-demand.ts'

export const ARTIFACTS_PATH = '/v1/artifacts'

export interface ArtifactsOptions {
  readonly deps: GatewayDeps
  readonly isSecure: (request: IncomingMessage) => boolean
}

/** Mounts the door for files: bodies are streams in both directions, and no part of a file is ever run by a browser. */
export function addArtifactsDoor(app: FastifyInstance, options: ArtifactsOptions): void {
  const load = onDemand(() => import('./http-artifacts.ts'))
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    // The body stays a stream, whatever it says it is.
    scope.addContentTypeParser('*', (_request, _payload, parsed) => parsed(null))
    scope.post(ARTIFACTS_PATH, async (request, reply) => (await load()).upload(options, request, reply))
    scope.route<{ Params: { artifact: string } }>({
      method: ['GET', 'HEAD'],
      url: `${ARTIFACTS_PATH}/:artifact`,
      handler: async (request, reply) => (await load()).download(options, request, reply),
    })
    scope.setErrorHandler((error) => {
      throw isBadType(error) ? new MusterError('invalid_input', { field: 'mediaType', hint: 'Expected a media type like text/plain.' }) : error
    })
    done()
  })
}

/** Fastify looks at the header before any parser does. */
function isBadType(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE'
}
