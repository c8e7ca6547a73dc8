import type { FastifyReply, FastifyRequest } from 'fastify'
import { MusterError } from '../../../src/errors.ts'
import { LIMITS } from '../../../src/limits.ts'
import { isReadable } from '../../ingress/index.ts'
import type { GatewayDeps } from '../deps.ts'
import { unreadable } from './unreadable.ts'

/** Takes one event: it is on the disk when its sender is told so. */
export async function receive(deps: GatewayDeps, request: FastifyRequest<{ Params: { source: string } }>, reply: FastifyReply): Promise<FastifyReply> {
  try {
    if (deps.calls.closed) throw new MusterError('shutting_down')
    // A secret in a URL would be in histories and logs.
    if (Object.keys(request.query as object).length > 0) throw new MusterError('invalid_input', { hint: 'Nothing goes into the query.' })
    const { headers, body } = request
    const encoding = headers['content-encoding'] ?? 'identity'
    if (!isReadable(headers['content-type']) || encoding !== 'identity') throw unreadable()
    const received = await deps.ingress.receive({ source: request.params.source, headers, body: Buffer.isBuffer(body) ? body : Buffer.alloc(0) })
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
    if (received.kind === 'challenge') return await reply.send({ challenge: received.challenge })
    const { id, isDuplicate, wantsNothing } = received
    return wantsNothing ? await reply.code(200).send() : await reply.code(isDuplicate ? 200 : 202).send({ id, duplicate: isDuplicate })
  } catch (error) {
    const refusal = asUnavailable(deps.asMusterError(error))
    deps.runner.count(refusal)
    throw refusal
  }
}

/** Whatever is wrong here, an event is to come again: of 507 not every sender knows that. */
function asUnavailable(error: MusterError): MusterError {
  return error.code === 'read_only' ? new MusterError('unavailable', { retryInMs: LIMITS.eventRetryMs, hint: 'Send it again later.' }, { cause: error }) : error
}
