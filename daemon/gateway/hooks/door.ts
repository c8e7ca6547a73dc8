import { finished } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { GatewayDeps } from '../deps.ts'
import { onDemand } from '../on-demand.ts'
import { unreadable } from './unreadable.ts'

const HOOKS_PATH = '/hooks/:source'

/** Mounts the door at which events of the world outside come in. Their signatures are over bytes, so no body is read as anything else before. */
export function addHooksDoor(app: FastifyInstance, deps: GatewayDeps): void {
  const load = onDemand(() => import('./hooks.ts'))
  app.register((scope, _options, done) => {
    let underWay = 0
    // A body is held before anything is known of who sends it.
    scope.addHook('onRequest', (_request, reply, go) => {
      if (underWay >= LIMITS.maxEventsAtOnce) return go(new MusterError('too_many_requests', { retryInMs: 1_000 }, { message: 'Too many events at once.' }))
      underWay += 1
      finished(reply.raw, () => (underWay -= 1))
      go()
    })
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, parsed) => parsed(null, body))
    scope.post<{ Params: { source: string } }>(HOOKS_PATH, { bodyLimit: LIMITS.maxEventBytes }, async (request, reply) =>
      (await load()).receive(deps, request, reply),
    )
    scope.setErrorHandler((error) => {
      throw asRefusal(error)
    })
    done()
  })
  const detach = deps.ingress.attach(async (path, { headers, body }) => {
    const { statusCode, payload } = await app.inject({ method: 'POST', url: path, headers: { ...headers, host: 'localhost' }, payload: body })
    return { status: statusCode, text: payload }
  })
  app.addHook('onClose', (_app, done) => {
    detach()
    done()
  })
}

/** What Fastify refuses, with the bounds of this door. */
function asRefusal(error: unknown): unknown {
  const { statusCode } = error as { readonly statusCode?: unknown }
  if (statusCode === 413) return new MusterError('too_large', { limit: LIMITS.maxEventBytes, hint: `At most ${LIMITS.maxEventBytes} bytes.` })
  return statusCode === 415 ? unreadable() : error
}
