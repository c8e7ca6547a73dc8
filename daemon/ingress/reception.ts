import { randomBytes } from 'node:crypto'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import { accept, keysOf } from './accept.ts'
import type { IngressDeps } from './deps.ts'
import { readBody } from './payload.ts'
import { headerOf, prove, type Sent } from './proof.ts'
import type { Rates } from './rates.ts'
import { sourceMeant } from './reading.ts'
import { type SourceRow, secretOf, verifyOf } from './rows.ts'
import { type Place, type Scheme, schemeOf } from './schemes.ts'
import { type EventFacts, fieldOf } from './template.ts'

/** What a door hands over: a request with the source that its path names. */
export interface Knock extends Sent {
  readonly source: string
}

/** What its sender is told. */
export type Received =
  | { readonly kind: 'event'; readonly id: string; readonly isDuplicate: boolean; readonly wantsNothing: boolean }
  /** A question of the sender's own, and what it wants to hear. */
  | { readonly kind: 'challenge'; readonly challenge: string }

export interface ReceptionOptions extends IngressDeps {
  readonly clock: Clock
  readonly rates: Rates
}

const MAX_CHALLENGE_CHARS = 1_000
const MAX_ID_CHARS = 1_000
/** Of no source. */
const NO_SECRET = randomBytes(32).toString('hex')

/**
 * Takes what was sent to a source; resolves when it is on the disk. Nothing of a body is read before it has proved where it comes from.
 *
 * @throws MusterError `unauthenticated` without such a proof or for a source that there is not, `invalid_frame` for what is out of its time or cannot
 *   be read, `too_many_requests`, or `unavailable` where it could not be sent and is to come again
 */
export async function receive(options: ReceptionOptions, knock: Knock): Promise<Received> {
  const { store, pipeline, clock, refusals, rates } = options
  const source = sourceMeant(store, knock.source)
  if (!source) throw unknown(knock)
  const turnAway = (says: string, error: MusterError): never => {
    refusals.note(source.id, clock.wallMs(), says)
    throw error
  }
  const scheme = schemeOf(verifyOf(source))
  requireProof(options, source, scheme, knock, turnAway)
  const waitMs = rates.take(source.id, source.per_minute, clock.monoMs())
  if (waitMs > 0)
    turnAway(`more than ${source.per_minute} events a minute`, new MusterError('too_many_requests', { retryInMs: waitMs }, { message: 'Too many events.' }))
  const read = readBody(knock)
  if (!read.ok) return turnAway(read.why, new MusterError('invalid_frame', {}, { message: `The body cannot be read: ${read.why}.` }))
  const challenge = scheme.slack && fieldOf(read.body, ['type']) === 'url_verification' ? fieldOf(read.body, ['challenge']) : undefined
  if (challenge !== undefined) return { kind: 'challenge', challenge: challenge.slice(0, MAX_CHALLENGE_CHARS) }
  const facts = factsOf(source, scheme, knock, read.body)
  const { arrival, isDuplicate } = await pipeline.execute((tx) => accept(tx, options, source.id, facts, keysOf(scheme, facts.id, knock.body)))
  if (arrival.outcome === 'failed') throw comeAgain('The message could not be sent.')
  return { kind: 'event', id: store.id('arrival', arrival.id), isDuplicate, wantsNothing: scheme.slack === true }
}

/** What an event is known by, and says. */
export function factsOf({ name }: Pick<SourceRow, 'name'>, { id, event }: Scheme, { headers }: Sent, body: unknown): EventFacts {
  const at = (place: Place | null) => (place === null ? undefined : 'header' in place ? headerOf(headers, place.header) : fieldOf(body, place.field))
  return { source: name, event: at(event) || null, id: at(id)?.slice(0, MAX_ID_CHARS) || null, body }
}

type TurnAway = (says: string, error: MusterError) => never

function requireProof(options: ReceptionOptions, source: SourceRow, scheme: Scheme, knock: Knock, turnAway: TurnAway): void {
  const secret = secretOf(source, options)
  if (!secret.ok) return turnAway(secret.problem, comeAgain('The source is not ready.'))
  const proof = prove(scheme, secret.text, knock)
  if (!proof.ok) return turnAway(proof.why, unproven())
  const now = options.clock.wallMs()
  if (proof.time === null || Math.abs(now - proof.time) <= LIMITS.eventWindowMs) return
  const minutes = LIMITS.eventWindowMs / 60_000
  turnAway(
    `it was signed ${Math.round(Math.abs(now - proof.time) / 1_000)} s ${proof.time < now ? 'ago' : 'ahead of our clock'}: an old request sent again, or a wrong clock`,
    new MusterError('invalid_frame', {}, { message: `The request was signed more than ${minutes} minutes from now.` }),
  )
}

/** One answer for a source that there is not and for a proof that is none: names are not to be found out. It takes about as long, too. */
function unknown(knock: Knock): MusterError {
  prove(schemeOf('github'), NO_SECRET, knock)
  return unproven()
}

function unproven(): MusterError {
  const message = 'The request does not prove where it comes from.'
  return new MusterError('unauthenticated', { hint: 'There is no such source, or the request is not signed as it wants it.' }, { message })
}

function comeAgain(message: string): MusterError {
  return new MusterError('unavailable', { retryInMs: LIMITS.eventRetryMs, hint: 'Send it again later.' }, { message })
}
