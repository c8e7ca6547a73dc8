import { type Attributes, context, ProxyTracerProvider, type Span, type SpanContext, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { decodeId } from '../src/ids.ts'
import type { Caller } from './caller.ts'
import type { Outcome } from './store/pipeline.ts'
import type { OfferWatch } from './threads/index.ts'

/** Turns the number of something into the id that it shows. */
export type IdOf = (kind: 'delivery' | 'thread' | 'message' | 'peer' | 'credential' | 'enrolment', number: number) => string

/** The tracing of the SDK that is registered in this process. */
export interface RegisteredTracing {
  readonly create: (idOf: IdOf, version: string) => Tracing
  /** Hands out what the SDK has collected, where it can; never takes long, and never fails. */
  readonly flush: () => Promise<void>
}

const SCOPE = 'muster'
/** Of a daemon that was told to stop. */
const FLUSH_WITHIN_MS = 2_000

/** `undefined` where no SDK has registered a provider: then nothing of this is called. */
export function registeredTracing(): RegisteredTracing | undefined {
  const provider = trace.getTracerProvider()
  if (provider instanceof ProxyTracerProvider && provider.getDelegateTracer(SCOPE) === undefined) return undefined
  return {
    create: (idOf, version) => new Tracing(trace.getTracer(SCOPE, version), idOf),
    async flush() {
      // Not of the API: the proxy that it registers stands before the provider that can.
      const real = 'getDelegate' in provider && typeof provider.getDelegate === 'function' ? (provider.getDelegate() as object) : provider
      if (!('forceFlush' in real) || typeof real.forceFlush !== 'function') return
      const flushed = Promise.resolve(real.forceFlush()).catch(() => undefined)
      await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, FLUSH_WITHIN_MS).unref())])
    },
  }
}

/** Contexts that are kept for what may still be caused; the oldest go first. */
const MAX_ORIGINS = 10_000

/**
 * Spans of OpenTelemetry: one for each operation, one for each time that a delivery goes out, offered to a connected consumer or handed over to a
 * session, from then to the end of that. They form a tree along `causedBy`: an ask, its delivery, what the recipient's handler asks in turn, the answer. Their attributes are ids, kinds
 * and codes, never what was said.
 *
 * Where a parent is not known any more, after a restart or past the bound, a trace begins anew: nothing depends on it.
 */
export class Tracing implements OfferWatch {
  readonly #tracer: Tracer
  readonly #idOf: IdOf
  /** By the number of a message, and by that of a thread: what happened to it last. */
  readonly #messages = new Map<number, SpanContext>()
  readonly #threads = new Map<number, SpanContext>()
  readonly #offers = new Map<number, Span>()

  constructor(tracer: Tracer, idOf: IdOf) {
    this.#tracer = tracer
    this.#idOf = idOf
  }

  /** Begins the span of an operation; returns what ends it with its outcome. */
  operation(name: string, kind: string, caller: Caller, input: unknown): (outcome: Outcome<unknown>) => void {
    const parent = this.#causeOf(input)
    const span = this.#start(name, SpanKind.SERVER, parent, { 'muster.operation.kind': kind, 'muster.caller': this.#callerOf(caller) })
    return (outcome) => {
      if (!outcome.ok) span.setAttribute('error.type', outcome.error.code).setStatus({ code: SpanStatusCode.ERROR, message: outcome.error.code })
      else if (kind === 'command') this.#remember(span, outcome.value)
      span.end()
    }
  }

  /** A delivery goes out: it is offered to its consumer, or handed over to a session, perhaps once more while the session holds it. */
  offered({ deliveryId, threadId, messageId, peerId }: Parameters<OfferWatch['offered']>[0], attempt: number): void {
    this.ended(deliveryId)
    const span = this.#start('mailbox.deliver', SpanKind.PRODUCER, this.#messages.get(messageId), {
      'muster.delivery': this.#idOf('delivery', deliveryId),
      'muster.message': this.#idOf('message', messageId),
      'muster.thread': this.#idOf('thread', threadId),
      'muster.peer': this.#idOf('peer', peerId),
      'muster.attempt': attempt,
    })
    this.#offers.set(deliveryId, span)
    keep(this.#messages, messageId, span.spanContext())
    keep(this.#threads, threadId, span.spanContext())
  }

  /** That is over: acked, given back, timed out or lost, which the operation that ended it tells. */
  ended(deliveryId: number): void {
    this.#offers.get(deliveryId)?.end()
    this.#offers.delete(deliveryId)
  }

  #start(name: string, kind: SpanKind, parent: SpanContext | undefined, attributes: Attributes): Span {
    const root = context.active()
    return this.#tracer.startSpan(name, { kind, attributes }, parent ? trace.setSpanContext(root, parent) : root)
  }

  /** The message that a sender names as the cause, otherwise the offer or the thread that the operation is about. */
  #causeOf(input: unknown): SpanContext | undefined {
    const { causedBy, delivery, deliveries, thread } = (input ?? {}) as Readonly<Record<string, unknown>>
    const message = numberIn(causedBy)
    if (message !== undefined) return this.#messages.get(message)
    const offer = numberIn(delivery ?? (Array.isArray(deliveries) ? deliveries[0] : undefined))
    const about = numberIn(thread)
    return (offer === undefined ? undefined : this.#offers.get(offer)?.spanContext()) ?? (about === undefined ? undefined : this.#threads.get(about))
  }

  /** What the operation sent, so that its deliveries and what they cause find it; a reply precedes the delivery that it causes. */
  #remember(span: Span, output: unknown): void {
    const { sent, message } = (output ?? {}) as { readonly sent?: unknown; readonly message?: unknown }
    const items: readonly unknown[] = Array.isArray(sent) ? sent : [message]
    for (const item of items) {
      const id = typeof item === 'object' && item !== null ? ((item as { message?: unknown }).message ?? (item as { id?: unknown }).id) : item
      const number = numberIn(id)
      if (number === undefined || this.#messages.has(number)) continue
      keep(this.#messages, number, span.spanContext())
      span.setAttribute('muster.message', id as string)
    }
  }

  #callerOf(caller: Caller): string {
    if (caller.kind === 'peer') return this.#idOf('peer', caller.peerId)
    return caller.kind === 'admin' ? this.#idOf('credential', caller.credentialId) : this.#idOf('enrolment', caller.enrolmentId)
  }
}

function numberIn(id: unknown): number | undefined {
  return typeof id === 'string' ? decodeId(id)?.number : undefined
}

function keep(origins: Map<number, SpanContext>, number: number, origin: SpanContext): void {
  if (origins.size >= MAX_ORIGINS) {
    const [oldest] = origins.keys()
    if (oldest !== undefined) origins.delete(oldest)
  }
  origins.delete(number)
  origins.set(number, origin)
}
