/** The ingress domain: signed events of the world outside that become messages to peers. */
import type { Output, Parsed } from '../../src/contract/index.ts'
import type { Caller } from '../caller.ts'
import type { Clock, RandomBytes } from '../clock.ts'
import type { Reader } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import { arrivalOf, keysOf } from './accept.ts'
import type { IngressDeps } from './deps.ts'
import { createSourceHandlers } from './handlers.ts'
import { sign } from './proof.ts'
import { Rates } from './rates.ts'
import { changeable, getSource, listArrivals, listSources, troublesOf } from './reading.ts'
import { factsOf, type Knock, type Received, receive, SAMPLE_HEADER } from './reception.ts'
import { Refusals } from './refusals.ts'
import { secretsOf, usable, whyNone } from './rotation.ts'
import { type SourceRow, toArrival, verifyOf } from './rows.ts'
import { sampleOf } from './sample.ts'
import { schemeOf } from './schemes.ts'
import { createStateHandlers } from './states.ts'

export { isReadable } from './payload.ts'
export type { Knock, Received } from './reception.ts'
export { purgeArrivals } from './retention.ts'
export type { Variable } from './secrets.ts'

/** The door at which events come in, as the daemon itself knocks at it. */
export type OwnDoor = (
  path: string,
  sent: { readonly headers: Readonly<Record<string, string>>; readonly body: string },
) => Promise<{ status: number; text: string }>

export type Ingress = ReturnType<typeof createIngress>

export interface IngressOptions extends Omit<IngressDeps, 'refusals'> {
  readonly clock: Clock
  readonly timer: DueTimer
  readonly random: RandomBytes
}

/** How often what was said to those who send for the sources is cleared away: nobody reads it. */
const CLEAR_EVERY_MS = 3_600_000

export function createIngress(options: IngressOptions) {
  const { store, pipeline, clock, timer } = options
  const deps: IngressDeps = { ...options, refusals: new Refusals() }
  const rates = new Rates()
  const samples = new Set<string>()
  const reception = { ...deps, clock, rates, samples }
  let door: OwnDoor | undefined
  let clearAt = clock.monoMs() + CLEAR_EVERY_MS
  timer.add({
    next: () => ({ mono: clearAt }),
    run: () => {
      clearAt = clock.monoMs() + CLEAR_EVERY_MS
      for (const { peer_id } of store.all<Pick<SourceRow, 'peer_id'>>('SELECT peer_id FROM sources')) clear(peer_id)
    },
  })
  const clear = (peerId: number): void =>
    pipeline.submit(
      (tx) => options.threads.receiveAll(tx, peerId),
      (outcome) => {
        if (outcome.ok && outcome.value) clear(peerId)
      },
    )
  const handlers = { ...createSourceHandlers(deps, rates), ...createStateHandlers(deps) }

  const hex = (bytes: number) => Buffer.from(options.random(bytes)).toString('hex')

  /** Sends a sample through the door, signed as its source wants it; the secret goes nowhere. */
  const test = async (caller: Caller, input: Parsed<'ingress.test'>): Promise<Output<'ingress.test'>> => {
    const row = changeable(store, caller, input.source)
    const secrets = secretsOf(row, deps)
    const secret = usable(secrets).at(-1)
    if (!secret || !door) return { status: 503, arrival: null, says: whyNone(secrets) ?? 'this daemon has no door for events' }
    const scheme = schemeOf(verifyOf(row))
    const id = `test-${hex(9)}`
    const { headers, body } = sampleOf(row, input, id)
    const bytes = Buffer.from(body)
    const mark = hex(18)
    const signed = { ...headers, ...sign(scheme, secret.text, bytes, { id, seconds: Math.floor(clock.wallMs() / 1_000) }), [SAMPLE_HEADER]: mark }
    samples.add(mark)
    const { status, text } = await door(`/hooks/${row.name}`, { headers: signed, body }).finally(() => samples.delete(mark))
    const facts = factsOf(row, scheme, { headers: signed, body: bytes }, JSON.parse(body))
    const arrival = arrivalOf(store, row.id, keysOf(scheme, facts.id, bytes))
    return { status, arrival: arrival ? toArrival(store, caller, arrival) : null, says: status < 300 ? null : messageIn(text) }
  }

  return {
    receive: (knock: Knock): Promise<Received> => receive(reception, knock),
    test,
    /** Says where the door is. @returns what takes that back */
    attach(own: OwnDoor): () => void {
      door = own
      return () => {
        door = undefined
      }
    },
    troubles: (reader: Reader) => troublesOf(reader, deps, clock.wallMs()),
    commands: {
      'ingress.create': handlers.create,
      'ingress.update': handlers.update,
      'ingress.pause': handlers.pause,
      'ingress.resume': handlers.resume,
      'ingress.rotate': handlers.rotate,
      'ingress.finish': handlers.finish,
      'ingress.remove': handlers.remove,
    },
    queries: { 'ingress.get': getSource(deps), 'ingress.list': listSources(deps), 'ingress.arrivals': listArrivals(deps) },
  } as const
}

/** Of an error as the door says it. */
function messageIn(text: string): string {
  return (JSON.parse(text) as { readonly error: { readonly message: string } }).error.message
}
