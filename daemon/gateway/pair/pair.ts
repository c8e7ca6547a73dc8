import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Output } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import type { Outcome } from '../../store/pipeline.ts'
import { NOBODY } from '../bearer.ts'
import { requireOwnPage, splitToken } from '../device-token.ts'
import { sendError } from '../http-error.ts'
import { callOnce } from '../one-call.ts'
import { isLoopbackHost } from '../origin.ts'
import { PAGE_HEADERS } from '../page-headers.ts'
import type { PairOptions } from './door.ts'
import { PAGE, SCRIPT, STYLE } from './page.ts'

const FILES = {
  '/pair': { type: 'text/html; charset=utf-8', text: PAGE },
  '/pair.js': { type: 'text/javascript; charset=utf-8', text: SCRIPT },
  '/pair.css': { type: 'text/css; charset=utf-8', text: STYLE },
} as const

export function createPairPage({ deps, isSecure }: PairOptions) {
  return {
    page: (path: keyof typeof FILES, reply: FastifyReply): FastifyReply => {
      const { type, text } = FILES[path]
      return reply.headers({ ...HEADERS, 'content-type': type }).send(text)
    },
    /** Redeems for a browser: the answer has one half of the token, the cookie the other. */
    redeem: async ({ raw, body }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
      requireOwnPage(raw)
      if (deps.calls.closed) throw new MusterError('shutting_down')
      const secure = isSecure(raw)
      if (!secure && !isLoopbackHost(raw.headers.host))
        throw new MusterError('forbidden', { hint: 'A device is paired over https, or on the machine of the daemon.' })
      using open = deps.calls.open(0, undefined)
      const outcome = await new Promise<Outcome<unknown>>((settle) => callOnce({ deps, caller: NOBODY, signal: open.signal }, 'pairings.redeem', body, settle))
      if (!outcome.ok) return sendError(reply, outcome.error)
      const { pairing, token } = outcome.value as Output<'pairings.redeem'>
      const { cookie, half } = splitToken(token, secure)
      return reply.headers({ ...HEADERS, 'set-cookie': cookie }).send({ pairing, half })
    },
  }
}

const HEADERS = { ...PAGE_HEADERS, 'cache-control': 'no-store' } as const
