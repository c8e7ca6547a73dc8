import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ERROR_STATUSES, type ErrorStatus } from '../../src/error-statuses.ts'
import { LIMITS } from '../../src/limits.ts'
import { type BadInput, type BrokenMessage, expandInput, expandText, type NotRequest, readCorpus } from './support/corpus.ts'
import { RawSocket } from './support/raw-socket.ts'
import { type Member, TestDaemon } from './support/test-daemon.ts'
import type { Wire } from './support/wire.ts'

/** What a refusal may weigh: it names what was wrong and does not hand it back. */
const MAX_REFUSAL_CHARS = 8_192

let daemon: TestDaemon
let me: Member
let names: Record<string, string>
let before: unknown

beforeAll(async () => {
  daemon = await TestDaemon.start()
  me = await daemon.register({ name: 'me' })
  await daemon.register({ name: 'other' })
  await using wire = await daemon.greet(me.token)
  const { sent } = await wire.call('threads.ask', { to: 'other', body: 'Do you hear me?' })
  names = { me: 'me', other: 'other', thread: sent[0]?.thread ?? '', delivery: sent[0]?.delivery ?? '' }
})

afterAll(async () => {
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

/** The connection of one test. */
let wire: Wire

beforeEach(async () => {
  before = daemon.dump()
  wire = await daemon.greet(me.token)
})

afterEach(async () => {
  await wire[Symbol.asyncDispose]()
  expect(daemon.dump()).toEqual(before)
  expect(daemon.errors.splice(0)).toEqual([])
})

/** That the connection still does what it is asked. */
async function expectAlive(): Promise<void> {
  expect(await wire.say('node.ping')).toHaveProperty('at')
}

describe('a frame that is no request', () => {
  it.each(readCorpus<NotRequest>('not-requests.json'))('is refused: $name', async ({ frame, id }) => {
    wire.send(expandText(frame))
    const { error } = await wire.reply(id)
    expect(error?.data.code).toBe('invalid_frame')
    expect(error?.code).toBe(ERROR_STATUSES.invalid_frame.rpc)
    expect(JSON.stringify(error).length).toBeLessThan(MAX_REFUSAL_CHARS)
    await expectAlive()
  })

  it('is refused where it is binary', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.from([0, 255, 1]), Buffer.from('{"jsonrpc":"2.0","id":1,"method":"node.ping"}')]) {
      wire.send(bytes, { binary: true })
      expect((await wire.reply(null)).error?.data.code).toBe('invalid_frame')
    }
    await expectAlive()
  })

  it('ends the connection when there are too many', async () => {
    for (let sent = 0; sent < LIMITS.maxBadFrames; sent += 1) wire.send('{')
    expect(await wire.closed).toEqual({ code: 4400, reason: 'invalid_frame' })
    expect(wire.frames.filter((frame) => frame.error?.data.code === 'invalid_frame')).toHaveLength(LIMITS.maxBadFrames)
    expect(wire.frames.at(-1)).toMatchObject({ method: 'bye', params: { reason: 'invalid_frame', reconnect: false } })
  })

  it('does not disturb a request whose id it bears', async () => {
    const wait = wire.post('threads.wait', { thread: names['thread'] }, 'w')
    wire.send('{"jsonrpc":"2.0","id":"w","method":0}')
    expect((await wire.reply('w')).error?.data.code).toBe('invalid_frame')
    wire.post('node.ping', {}, 'w')
    expect((await wire.reply('w')).error?.data.code).toBe('duplicate_id')
    daemon.clock.advance(45_000)
    expect((await wire.reply(wait)).result).toMatchObject({ timedOut: true })
  })
})

describe('a request that does not fit', () => {
  it.each(readCorpus<BadInput>('bad-input.json'))('is refused: $name', async (entry) => {
    const id = wire.nextId()
    wire.send(expandInput(entry, id, names))
    const { error } = await wire.reply(id)
    expect(error?.data.code, JSON.stringify(error).slice(0, 500)).toBe(entry.code)
    expect(error?.code).toBe((ERROR_STATUSES as Readonly<Record<string, ErrorStatus>>)[entry.code]?.rpc)
    expect(JSON.stringify(error).length).toBeLessThan(MAX_REFUSAL_CHARS)
    await expectAlive()
  })

  it('names the field that does not exist', async () => {
    const { error } = await wire.reply(wire.post('threads.ask', { to: 'other', body: 'x', sender: 'ada' }))
    expect(error?.data).toMatchObject({ code: 'invalid_input', unknown: ['sender'] })
  })

  it('may be of the size of the limit, and no byte more', async () => {
    const frame = (chars: number) => `{"jsonrpc":"2.0","id":"big","method":"node.ping","params":{"x":"${'x'.repeat(chars)}"}}`
    wire.send(frame(LIMITS.maxFrameBytes - frame(0).length))
    expect((await wire.reply('big')).error?.data.code).toBe('invalid_input')
    wire.send(frame(LIMITS.maxFrameBytes - frame(0).length + 1))
    expect((await wire.closed).code).toBe(1009)
  })
})

describe('an id', () => {
  it('of an unanswered request is refused, and the request is answered all the same', async () => {
    const wait = wire.post('threads.wait', { thread: names['thread'] }, 'same')
    wire.post('node.ping', {}, 'same')
    expect((await wire.reply('same')).error?.data.code).toBe('duplicate_id')
    daemon.clock.advance(45_000)
    expect((await wire.reply(wait)).result).toMatchObject({ timedOut: true })
  })

  it('is free again after its answer', async () => {
    for (let round = 0; round < 3; round += 1) {
      wire.post('node.ping', {}, 'again')
      expect((await wire.reply('again')).result).toHaveProperty('at')
    }
  })

  it('as a number is another than as a text', async () => {
    wire.post('threads.wait', { thread: names['thread'], timeout: '1ms' }, '1')
    wire.post('node.ping', {}, 1)
    expect((await wire.reply(1)).result).toHaveProperty('at')
    daemon.clock.advance(1)
    expect((await wire.reply('1')).result).toMatchObject({ timedOut: true })
  })

  it('comes back as it was sent', async () => {
    for (const id of [0, -1, Number.MAX_SAFE_INTEGER, ' ', '"', '\u0000', '👍', '__proto__', 'x'.repeat(64)]) {
      wire.post('node.ping', {}, id)
      expect((await wire.reply(id)).result).toHaveProperty('at')
    }
  })

  it('may not be one of too many at a time', async () => {
    const release = daemon.clock.hold()
    const extra = 3
    const ids = Array.from({ length: LIMITS.maxRequestsInFlight + extra }, () => wire.post('mailbox.ack', { deliveries: [names['delivery']] }))
    await wire.until(() => wire.frames.filter((frame) => frame.error).length === extra, 'the refusals')
    for (const id of ids.slice(-extra))
      expect((await wire.reply(id)).error?.data).toMatchObject({ code: 'too_many_requests', limit: LIMITS.maxRequestsInFlight })
    release()
    for (const id of ids.slice(0, -extra)) expect((await wire.reply(id)).result).toEqual({ acked: 0 })
  })
})

describe('waits and subscriptions', () => {
  it('are bounded for each connection', async () => {
    for (let count = 0; count < LIMITS.maxWaits; count += 1) wire.post('threads.wait', { thread: names['thread'] })
    expect(await wire.refusal('threads.wait', { thread: names['thread'] })).toBe('too_many_requests')
    for (let count = 0; count < LIMITS.maxSubscriptions; count += 1) expect(await wire.say('events.subscribe', {})).toHaveProperty('subscription')
    expect(await wire.refusal('events.subscribe', {})).toBe('too_many_requests')
  })

  it('end with their connection', async () => {
    for (let count = 0; count < 10; count += 1) wire.post('threads.wait', { thread: names['thread'] })
    await expectAlive()
    await wire[Symbol.asyncDispose]()
    daemon.clock.advance(LIMITS.maxWaitMs)
    expect(daemon.errors.splice(0)).toEqual([])
  })
})

describe('a message that breaks RFC 6455', () => {
  it.each(readCorpus<BrokenMessage>('broken-messages.json'))('ends its connection: $name', async ({ bytes, close }) => {
    await using raw = await RawSocket.upgraded(daemon.url, me.token)
    raw.socket.write(Buffer.from(bytes.replaceAll(' ', ''), 'hex'))
    expect(await raw.closeCode()).toBe(close)
    await expectAlive()
  })

  it('ends its connection where it is nothing but noise', async () => {
    await using raw = await RawSocket.upgraded(daemon.url, me.token)
    raw.socket.write(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100)))
    expect(await raw.closeCode()).toBe(1002)
    await expectAlive()
  })

  it('may be cut anywhere', async () => {
    const message = Buffer.from('8184000000007b7d7b7d', 'hex')
    for (let length = 1; length < message.length; length += 1) {
      const raw = await RawSocket.upgraded(daemon.url, me.token)
      raw.socket.write(message.subarray(0, length))
      await raw[Symbol.asyncDispose]()
    }
    await expectAlive()
  })
})

describe('names at registration', () => {
  it('are refused with anything in them that could deceive', async () => {
    await using enrolment = await daemon.greet(daemon.enrolmentToken)
    for (const name of [
      '',
      ' ',
      'a\n',
      '\u0000',
      'a\u001b[31m',
      'a\u202eb',
      'a\u200bb',
      '\ud800',
      'peer_k7qm2x1',
      'x'.repeat(65),
      '../../etc',
      'ME',
      'Other',
    ]) {
      const refusal = await enrolment.refusal('peers.register', { name })
      expect(refusal, JSON.stringify(name)).toBe(/^(ME|Other)$/.test(name) ? 'name_taken' : 'invalid_input')
    }
  })

  it('do not make a role of what the credential does not give', async () => {
    await using enrolment = await daemon.greet(daemon.enrolmentToken)
    expect(await enrolment.refusal('peers.register', { name: 'boss', role: 'orchestrator' })).toBe('forbidden')
    expect(await enrolment.refusal('peers.register', { name: 'boss', role: 'person' })).toMatch(/invalid_input|forbidden/)
    expect(await enrolment.refusal('peers.register', { name: 'boss', role: 'admin' })).toBe('invalid_input')
    for (const method of ['peers.list', 'threads.ask', 'node.status', 'events.list']) expect(await enrolment.refusal(method, {})).toBe('forbidden')
  })
})
