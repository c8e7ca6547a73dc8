import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { SpanStatusCode, trace } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { afterEach, expect, test } from 'vitest'
import { type RegisteredTracing, registeredTracing } from '../../../daemon/tracing.ts'
import { DaemonProcess, registerPeer, TestHome } from '../../support/daemon.ts'
import { TestCore } from '../../support/test-core.ts'
import { WireClient } from '../../support/wire-client.ts'

afterEach(() => trace.disable())

/** A real provider that keeps its spans in memory. */
function register(): { readonly tracing: RegisteredTracing; readonly spans: () => ReadableSpan[]; readonly named: (name: string) => ReadableSpan } {
  const exporter = new InMemorySpanExporter()
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  const tracing = registeredTracing()
  if (!tracing) throw new Error('Expected the provider to be found')
  const spans = () => exporter.getFinishedSpans()
  const named = (name: string) => {
    const found = spans().filter((span) => span.name === name)
    if (found.length !== 1) throw new Error(`Expected one span ${name}, got ${found.length} of ${spans().map((span) => span.name)}`)
    return found[0] as ReadableSpan
  }
  return { tracing, spans, named }
}

const parentOf = (span: ReadableSpan) => span.parentSpanContext?.spanId
const idOf = (span: ReadableSpan) => span.spanContext().spanId

test('without a provider there is no tracing', () => {
  expect(registeredTracing()).toBeUndefined()
})

test('a chain of asks is one trace along its causes: ask, delivery, what that caused, answer', async () => {
  const { tracing, spans, named } = register()
  using daemon = await TestCore.start({ tracing })
  const [a, b, c] = [daemon.join('a'), daemon.join('b'), daemon.join('c')]
  const [asked] = a.call('threads.ask', { to: 'b', body: 'SECRET question' }).sent
  const first = b.delivery()
  b.call('threads.notify', { to: 'c', body: 'SECRET note', causedBy: first.message.id })
  const second = c.delivery()
  c.ack(second)
  b.call('threads.answer', { thread: first.thread.id, delivery: first.delivery, body: 'SECRET answer' })
  a.ack(a.delivery())

  const [ask, notify, answer] = [named('threads.ask'), named('threads.notify'), named('threads.answer')]
  const deliveries = spans().filter(({ name }) => name === 'mailbox.deliver')
  const deliveryOf = (id: string | undefined) => deliveries.find(({ attributes }) => attributes['muster.delivery'] === id) as ReadableSpan
  const [toB, toC] = [deliveryOf(asked?.delivery), deliveryOf(second.delivery)]
  expect(deliveries).toHaveLength(3)
  expect(parentOf(ask)).toBeUndefined()
  expect(parentOf(toB)).toBe(idOf(ask))
  expect(parentOf(notify)).toBe(idOf(toB))
  expect(parentOf(toC)).toBe(idOf(notify))
  expect(parentOf(answer)).toBe(idOf(toB))
  expect(
    spans()
      .filter(({ name }) => name === 'mailbox.ack')
      .map(parentOf),
  ).toContain(idOf(toC))
  const traceIds = [ask, toB, notify, toC, answer].map((span) => span.spanContext().traceId)
  expect(new Set(traceIds).size).toBe(1)
  expect(toB.attributes).toEqual({
    'muster.delivery': asked?.delivery,
    'muster.message': asked?.message,
    'muster.thread': asked?.thread,
    'muster.peer': b.hello?.you.kind === 'peer' ? b.hello.you.peer.id : '',
    'muster.attempt': 1,
  })
  expect(JSON.stringify(spans().map(({ name, attributes, events, status }) => ({ name, attributes, events, status })))).not.toContain('SECRET')
})

test('a refusal is an error with its code, and an offer that is lost ends its span', async () => {
  const { tracing, spans, named } = register()
  using daemon = await TestCore.start({ tracing })
  const [a, b] = [daemon.join('a'), daemon.join('b')]
  expect(a.refusal('threads.answer', { thread: 'thr_zzzzzz1', body: 'x' }).code).toBe('not_found')
  expect(named('threads.answer')).toMatchObject({ status: { code: SpanStatusCode.ERROR, message: 'not_found' }, attributes: { 'error.type': 'not_found' } })
  a.call('threads.notify', { to: 'b', body: 'n' })
  b.delivery()
  expect(spans().some(({ name }) => name === 'mailbox.deliver')).toBe(false)
  b.leave('lost')
  expect(named('mailbox.deliver').attributes['muster.attempt']).toBe(1)
  daemon.connect(b.token, { consume: true })
  expect(spans().filter(({ name }) => name === 'threads.notify')).toHaveLength(1)
})

test('what a session fetches has a span of its own: from the handover to the ack, and a new one each time that it is handed over again', async () => {
  const { tracing, spans, named } = register()
  using daemon = await TestCore.start({ tracing })
  const [a, b] = [daemon.join('a'), daemon.join('b', { mode: 'pull' })]
  a.call('threads.ask', { to: 'b', body: 'SECRET' })
  const { items } = b.call('mailbox.inbox', {})
  expect(spans().some(({ name }) => name === 'mailbox.deliver')).toBe(false)
  const again = b.call('mailbox.inbox', {})
  expect(named('mailbox.deliver').attributes['muster.attempt']).toBe(1)
  b.call('threads.answer', { thread: items[0]?.thread.id ?? '', body: 'done' })
  const handovers = spans().filter(({ name, attributes }) => name === 'mailbox.deliver' && attributes['muster.delivery'] === items[0]?.delivery.id)
  expect(handovers.map(({ attributes }) => attributes['muster.attempt'])).toEqual([1, 2])
  expect(again.items).toHaveLength(1)
  const [first, second] = handovers as [ReadableSpan, ReadableSpan]
  expect([parentOf(first), parentOf(second)]).toEqual([idOf(named('threads.ask')), idOf(first)])
  expect(parentOf(named('threads.answer'))).toBe(idOf(second))
})

test('a user turns it on with NODE_OPTIONS alone, and what was collected gets out when the daemon stops', async () => {
  const home = new TestHome()
  const spans = join(home.path, 'spans')
  const telemetry = pathToFileURL(join(import.meta.dirname, '../../support/file-telemetry.mjs'))
  await using daemon = new DaemonProcess(home, { NODE_OPTIONS: `--import ${telemetry.href}`, SPANS: spans })
  const { token } = await registerPeer(await daemon.url(), home.token('enrolment'), 'a')
  await using wire = await WireClient.greet(await daemon.url(), token)
  await wire.call('threads.notify', { to: 'a', body: 'SECRET' })
  expect(await daemon.end('SIGTERM')).toEqual({ code: 0, signal: null })
  const text = readFileSync(spans, 'utf8')
  expect(text).toContain('"name":"threads.notify"')
  expect(text).not.toContain('SECRET')
})
