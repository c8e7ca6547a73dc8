import type { IncomingMessage } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { MusterError } from '../../../src/errors.ts'
import type { GatewayDeps } from '../deps.ts'
import { onDemand } from '../on-demand.ts'

export interface PairOptions {
  readonly deps: GatewayDeps
  readonly isSecure: (request: IncomingMessage) => boolean
}

const MAX_BODY_BYTES = 4_096

/** Mounts the page that a device opens to be paired, and what that page calls. */
export function addPairDoor(app: FastifyInstance, options: PairOptions): void {
  const load = onDemand(() => import('./pair.ts').then(({ createPairPage }) => createPairPage(options)))
  for (const path of ['/pair', '/pair.js', '/pair.css'] as const) {
    app.get(path, async (request, reply) => {
      // A code in the query would be in histories and logs.
      if (Object.keys(request.query as object).length > 0)
        throw new MusterError('invalid_input', { hint: 'Nothing goes into the query; the code stands behind the #.' })
      return (await load()).page(path, reply)
    })
  }
  app.post('/pair', { bodyLimit: MAX_BODY_BYTES }, async (request, reply) => (await load()).redeem(request, reply))
}
