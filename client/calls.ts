import type { Input, OperationName, Output } from '../src/contract/index.ts'
import type { Bounds } from './bounded.ts'
import type { Random } from './clock.ts'
import type { Requests } from './requests.ts'

/** Calls an operation by name, typed by the contract. */
export type Call = <N extends OperationName>(name: N, input: Input<N>, bounds?: Bounds) => Promise<Output<N>>

/** An operation without input has an index signature, whose keys are all strings. */
type Keyed = { [N in OperationName]: string extends keyof Input<N> ? never : 'key' extends keyof Input<N> ? N : never }[OperationName]

/** The operations that take an idempotency key; the compiler holds the list to the contract. */
const KEYED: Readonly<Record<Keyed, 1>> = {
  'peers.register': 1,
  'threads.ask': 1,
  'threads.notify': 1,
  'threads.broadcast': 1,
  'threads.reply': 1,
  'threads.answer': 1,
  'threads.decline': 1,
  'threads.cancel': 1,
  'schedules.create': 1,
  'schedules.run': 1,
  'reviews.mark': 1,
  'reviews.request': 1,
  'reviews.assign': 1,
  'reviews.comment': 1,
  'orchestrators.handover': 1,
  'watchdogs.create': 1,
  'ingress.create': 1,
  'decisions.raise': 1,
  'decisions.request': 1,
  'approvals.use': 1,
  'fans.open': 1,
  'fans.cancel': 1,
  'sessions.boundary': 1,
  'channels.hear': 1,
}

/** Every command that takes an idempotency key gets one, so that repeating it after a lost connection is safe. */
export function createCall(requests: Requests, callTimeoutMs: number, newKey: () => string): Call {
  return <N extends OperationName>(name: N, input: Input<N>, { timeoutMs, signal }: Bounds = {}) => {
    // What waits ends by itself, when its own time is over.
    const patienceMs = timeoutMs ?? (/\.wa(it|tch)$/.test(name) ? undefined : callTimeoutMs)
    const params = name in KEYED ? { key: newKey(), ...input } : input
    // What mints a credential takes no key, so it is never repeated: it might mint two.
    const onThisConnection = name.endsWith('.create') && !(name in KEYED)
    return requests.request(name, params, { timeoutMs: patienceMs, signal, onThisConnection }) as Promise<Output<N>>
  }
}

/** Idempotency keys: 64 random bits for this run of the program, and a counter. */
export function createKeys(random: Random): () => string {
  const run = [random(), random()].map((number) => (number * 2 ** 32).toString(36)).join('')
  let last = 0
  return () => `${run}.${++last}`
}
