import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { MusterError } from '../../../src/errors.ts'
import { sayFarewell } from '../farewell.ts'
import { onDemand } from '../on-demand.ts'
import type { RestOptions, Visit } from './rest.ts'

/**
 * Mounts the operations under `/v1`, each where its declaration says. One route takes them all: the table behind it, and what
 * describes it, are made with the first request, since a start needs neither.
 */
export function addRestDoor(app: FastifyInstance, options: RestOptions): void {
  const load = onDemand(() => import('./rest.ts').then(({ createRest }) => createRest(options)))
  const visits = new WeakMap<object, Visit>()
  const underWay = new Set<Promise<unknown>>()
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, parsed) => {
      try {
        parsed(null, parseBody(body as Buffer))
      } catch (error) {
        parsed(error as Error)
      }
    })
    // Who calls what is settled before a body is read.
    scope.addHook('onRequest', async (request) => {
      visits.set(request, (await load()).admit(request))
    })
    scope.all('/v1/*', async (request, reply) => {
      const rest = await load()
      const served = rest.serve(visits.get(request) as Visit, request, reply)
      underWay.add(served)
      await served.finally(() => underWay.delete(served))
      return reply
    })
    done()
  })
  app.addHook('preClose', () => sayFarewell([...underWay], options.deps.clock))
}

/** @throws MusterError `invalid_frame` */
function parseBody(body: Buffer): unknown {
  if (body.length === 0) return undefined
  if (!isUtf8(body)) throw new MusterError('invalid_frame', { hint: 'Send UTF-8.' }, { message: 'The body is not UTF-8.' })
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new MusterError('invalid_frame', { hint: 'Send one JSON object.' }, { message: 'The body is not JSON.', cause })
  }
}
