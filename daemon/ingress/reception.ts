import { randomBytes } from 'node:crypto'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import { accept, isClosed, keysOf, type Proven } from './accept.ts'
import type { IngressDeps } from './deps.ts'
import { readBody } from './payload.ts'
import { headerOf, prove, type Sent } from './proof.ts'
import type { Rates } from './rates.ts'
import { sourceMeant } from './reading.ts'
import { secretsOf, usable, type Which, whyNone, whyNotBoth } from './rotation.ts'
import { type SourceRow, verifyOf } from './rows.ts'
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
  /** What the daemon's own samples that are under way carry in {@link SAMPLE_HEADER}: random, so nobody else can. */
  readonly samples: ReadonlySet<string>
}

export const SAMPLE_HEADER = 'x-muster-sample'

const MAX_CHALLENGE_CHARS = 1_000
const MAX_ID_CHARS = 1_000
/** Of no source. */
const NO_SECRET = randomBytes(32).toString('hex')
const PAUSED = 'the source is paused'

/**
 * Takes what was sent to a source; resolves when it is on the disk. Nothing of a body is read before it has proved where it comes from.
 *
 * @throws MusterError `unauthenticated` without such a proof or for a source that there is not, `invalid_frame` for what is out of its time or cannot
 *   be read, `too_many_requests`, or `unavailable` where it is to come again: it could not be sent, the source is paused, or a secret is not there
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
  const proof = requireProof(options, source, scheme, knock, turnAway)
  const by = options.samples.has(headerOf(knock.headers, SAMPLE_HEADER) ?? '') ? 'sample' : proof
  if (isClosed(source, by)) return turnAway(PAUSED, comeAgain('The source is paused.'))
  const waitMs = rates.take(source.id, source.per_minute, clock.monoMs())
  if (waitMs > 0)
    turnAway(`more than ${source.per_minute} events a minute`, new MusterError('too_many_requests', { retryInMs: waitMs }, { message: 'Too many events.' }))
  const read = readBody(knock)
  if (!read.ok) return turnAway(read.why, new MusterError('invalid_frame', {}, { message: `The body cannot be read: ${read.why}.` }))
  const challenge = scheme.slack && fieldOf(read.body, ['type']) === 'url_verification' ? fieldOf(read.body, ['challenge']) : undefined
  if (challenge !== undefined) return { kind: 'challenge', challenge: challenge.slice(0, MAX_CHALLENGE_CHARS) }
  const facts = factsOf(source, scheme, knock, read.body)
  const proven: Proven = { facts, keys: keysOf(scheme, facts.id, knock.body), by }
  const accepted = await pipeline.execute((tx) => accept(tx, options, source.id, proven))
  if (!accepted) return turnAway(PAUSED, comeAgain('The source is paused.'))
  const { arrival, isDuplicate } = accepted
  if (arrival.outcome === 'failed') throw comeAgain('The message could not be sent.')
  return { kind: 'event', id: store.id('arrival', arrival.id), isDuplicate, wantsNothing: scheme.slack === true }
}

/** What an event is known by, and says. */
export function factsOf({ name }: Pick<SourceRow, 'name'>, { id, event }: Scheme, { headers }: Sent, body: unknown): EventFacts {
  const at = (place: Place | null) => (place === null ? undefined : 'header' in place ? headerOf(headers, place.header) : fieldOf(body, place.field))
  return { source: name, event: at(event) || null, id: at(id)?.slice(0, MAX_ID_CHARS) || null, body }
}

type TurnAway = (says: string, error: MusterError) => never

/** @returns which secret of the source verifies the request; of two that do, the new one, since the old is not needed for it */
function requireProof(options: ReceptionOptions, source: SourceRow, scheme: Scheme, knock: Knock, turnAway: TurnAway): Which {
  const secrets = secretsOf(source, options)
  const none = whyNone(secrets)
  if (none !== null) return turnAway(none, comeAgain('The source is not ready.'))
  // Each is tried, whatever came of the other, so that how long it takes does not tell which of them fits.
  const proofs = usable(secrets).map(({ which, text }) => ({ which, ...prove(scheme, text, knock) }))
  const [fitting] = proofs.flatMap((proof) => (proof.ok ? [proof] : [])).slice(-1)
  if (fitting) {
    requireTime(options, fitting.time, turnAway)
    return fitting.which
  }
  const [why] = proofs.flatMap((proof) => (proof.ok ? [] : [proof.why]))
  const missing = whyNotBoth(secrets)
  if (missing === null) return turnAway(why ?? '', unproven())
  // It may be the one that is missing which it was signed with: nobody can say that it proves nothing.
  return turnAway(`${why}; ${missing}`, comeAgain('The source is not ready.'))
}

function requireTime({ clock }: ReceptionOptions, time: number | null, turnAway: TurnAway): void {
  const now = clock.wallMs()
  if (time === null || Math.abs(now - time) <= LIMITS.eventWindowMs) return
  const minutes = LIMITS.eventWindowMs / 60_000
  turnAway(
    `it was signed ${Math.round(Math.abs(now - time) / 1_000)} s ${time < now ? 'ago' : 'ahead of our clock'}: an old request sent again, or a wrong clock`,
    new MusterError('invalid_frame', {}, { message: `The request was signed more than ${minutes} minutes from now.` }),
  )
}

/** One answer for a source that there is not and for a proof that is none: names are not to be found out. It takes about as long, too, as with a source that has one secret. */
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
