import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type JsonSchema, snapshotContract } from '../../scripts/contract/snapshot.ts'
import { OPERATION_NAMES } from '../../src/contract/index.ts'
import { ERRORS } from '../../src/errors.ts'
import { type Member, TestDaemon } from './support/test-daemon.ts'
import type { Frame, Wire } from './support/wire.ts'

/** One would end the peer that sends, the other waits for a time that stands still. */
const LEFT_OUT = ['peers.retire', 'threads.wait']
const METHODS = OPERATION_NAMES.filter((name) => !LEFT_OUT.includes(name))
/** Refusals that are meant to leave a trace: the pair is parked. */
const TRACED = ['pair_parked']

let daemon: TestDaemon
let me: Member
let wire: Wire
let known: string[]
let state: unknown

beforeAll(async () => {
  daemon = await TestDaemon.start()
  me = await daemon.register({ name: 'me', capabilities: ['review'] })
  const other = await daemon.register({ name: 'other', capabilities: ['review'] })
  wire = await daemon.greet(me.token)
  const { sent } = await wire.call('threads.ask', { to: 'other', body: 'Do you hear me?' })
  await using theirs = await daemon.greet(other.token)
  const { sent: back } = await theirs.call('threads.ask', { to: 'me', body: 'And you?' })
  // Not the credential: revoking it would end the test, not the daemon.
  known = [...sent, ...back].flatMap(({ thread, message, delivery }) => [thread, message, delivery]).concat(me.id, other.id, wireCursor(wire))
  state = daemon.dump()
})

afterAll(async () => {
  await wire[Symbol.asyncDispose]()
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

function wireCursor(greeted: Wire): string {
  return (greeted as Wire & { hello: { cursor: string } }).hello.cursor
}

/** Values that a schema might want, and some that nobody would. */
const value: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.nat(8).map((index) => known[index % known.length]) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      'me',
      'other',
      'other@main',
      'role:agent',
      'cap:review',
      'one',
      'all',
      '1h',
      '2026-01-31T12:00:00Z',
      'normal',
      'idle',
      'theirs',
      'k1',
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 2, 20, -1, 1.5, 2 ** 53, true, false, null) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 80 }) },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.nat(8).map((index) => known[index % known.length])) },
)
const junkKey = fc.constantFrom('__proto__', 'constructor', 'toString', 'from', 'sender', 'role', 'admin', '', '0')

/** Params with the fields of the operation, most of them, and now and then one more. */
function paramsFor(input: JsonSchema): fc.Arbitrary<[string, unknown][]> {
  const fields = Object.keys((input['properties'] ?? {}) as object)
  const required = (input['required'] ?? []) as string[]
  const perField = fields.map((field) =>
    fc.option(value, { nil: undefined, freq: required.includes(field) ? 20 : 1 }).map((chosen) => [field, chosen] as [string, unknown]),
  )
  const junk = fc.option(fc.tuple(junkKey, value), { nil: undefined, freq: 1 }).map((pair) => pair as [string, unknown] | undefined)
  return fc.tuple(fc.tuple(...perField), fc.tuple(fc.boolean(), fc.boolean(), junk)).map(([pairs, [a, b, extra]]) => {
    const present = (pairs as [string, unknown][]).filter(([, chosen]) => chosen !== undefined)
    return extra && a && b ? [...present, extra] : present
  })
}

/** As JSON by hand: an object literal would make a prototype of `__proto__`. */
function toJson(pairs: readonly [string, unknown][]): string {
  return `{${pairs.map(([key, chosen]) => `${JSON.stringify(key)}:${JSON.stringify(chosen)}`).join(',')}}`
}

/** Of each method so many that every kind of refusal comes up often enough. */
const RUNS_EACH = 20
const { operations } = snapshotContract()
const request = fc.constantFrom(...METHODS).chain((method) =>
  paramsFor(operations[method]?.input ?? {}).map((pairs) => ({
    method,
    text: (id: number) => `{"jsonrpc":"2.0","id":${id},"method":"${method}","params":${toJson(pairs)}}`,
  })),
)

async function reconnect(): Promise<void> {
  if (wire.socket.readyState !== WebSocket.OPEN) wire = await daemon.greet(me.token)
}

/** A refusal is one of the table, foreseen, and has changed nothing. */
async function judge(reply: Frame): Promise<void> {
  const code = reply.error?.data.code ?? ''
  // The trace is left by a command behind the refused one: this one comes after both.
  if (TRACED.includes(code)) await wire.call('mailbox.ack', { deliveries: [known[2] ?? ''] })
  const after = daemon.dump()
  if (reply.error) {
    expect(Object.keys(ERRORS)).toContain(code)
    expect(code).not.toBe('internal')
    if (!TRACED.includes(code)) expect(after).toEqual(state)
  }
  expect(daemon.errors).toEqual([])
  state = after
}

describe('the daemon', () => {
  it('answers every request that could have been meant, and a refused one changes nothing', async () => {
    const met = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(request, async ({ method, text }) => {
        await reconnect()
        const id = wire.nextId()
        wire.send(text(id))
        const reply = await wire.reply(id)
        const outcome = reply.error?.data.code ?? 'result'
        met.set(outcome, (met.get(outcome) ?? 0) + 1)
        expect(METHODS).toContain(method)
        await judge(reply)
      }),
      { numRuns: METHODS.length * RUNS_EACH },
    )
    // A generator that only ever misses, or only ever hits, would prove little.
    for (const outcome of ['result', 'invalid_input', 'not_found', 'forbidden']) expect(met.get(outcome) ?? 0, outcome).toBeGreaterThan(10)
  })

  it('answers every text, and one that is no request changes nothing', async () => {
    const valid = '{"jsonrpc":"2.0","id":"x","method":"threads.notify","params":{"to":"other","body":"x"}}'
    const damaged = fc
      .tuple(fc.nat(valid.length), fc.string({ unit: 'binary', maxLength: 4 }), fc.nat(6))
      .map(([at, text, cut]) => valid.slice(0, at) + text + valid.slice(at + cut))
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.json(), damaged)
    await fc.assert(
      fc.asyncProperty(text, async (text) => {
        await reconnect()
        const before = wire.frames.length
        wire.send(text)
        await wire.until(() => wire.frames.length > before, 'an answer')
        const reply = wire.frames[before] as Frame
        expect(reply.method).toBeUndefined()
        await judge(reply)
        // The daemon ends a connection that says too much of this kind; the next begins afresh.
        if (wire.frames.some((frame) => frame.method === 'bye')) await wire.closed
      }),
      { numRuns: 300 },
    )
  })

  it('takes any bytes on a socket without a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 300 })), { minLength: 1, maxLength: 5 }), async (messages) => {
        await using noisy = await daemon.open(me.token)
        for (const [binary, bytes] of messages) noisy.send(Buffer.from(bytes), { binary })
        expect(daemon.errors).toEqual([])
      }),
      { numRuns: 100 },
    )
    expect(daemon.dump()).toEqual(state)
  })
})
