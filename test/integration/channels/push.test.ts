import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { pushKeyIn } from '../../../daemon/channels/push-key.ts'
import { PUSH_MAX_BYTES } from '../../../src/push-payload.ts'
import { QUESTION } from '../../support/cards.ts'
import { TestHome } from '../../support/daemon.ts'
import { PushService } from '../../support/push-service.ts'
import { scene } from '../../support/reachable-person.ts'
import type { WireClient } from '../../support/wire-client.ts'

/** A daemon whose person's browser can subscribe at a push service of ours. @param isKey which keys will do */
async function subscribable(isKey: (privateKey: Buffer) => boolean = () => true) {
  // The page has the key before there is a service to subscribe at, and the setting must name that.
  const keys = new TestHome()
  while (!isKey(privateKeyIn(keys))) rmSync(`${keys.path}/push.key.json`)
  const service = await PushService.start(pushKeyIn(`${keys.path}/push.key.json`))
  const made = await scene({ pushHosts: [service.host], publicUrl: 'https://crew.example.org' })
  writeFileSync(made.home.paths.pushKey, readFileSync(`${keys.path}/push.key.json`), { mode: 0o600 })
  keys.remove()
  return {
    ...made,
    service,
    async [Symbol.asyncDispose]() {
      await made[Symbol.asyncDispose]()
      await service[Symbol.asyncDispose]()
    },
  }
}

function privateKeyIn({ path }: TestHome): Buffer {
  pushKeyIn(`${path}/push.key.json`)
  const { privateKey } = JSON.parse(readFileSync(`${path}/push.key.json`, 'utf8')) as { privateKey: string }
  return Buffer.from(privateKey, 'base64url')
}

const listed = async (ann: WireClient, id: string) => (await ann.call('channels.list', {})).channels.find((channel) => channel.id === id)

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found) return found
    await sleep(20)
  }
}

test('the key is made at first need, for its owner alone, and stays', async () => {
  await using made = await scene({})
  expect(() => statSync(made.home.paths.pushKey)).toThrow('ENOENT')
  const { key } = await made.ann.call('push.key', {})
  expect(Buffer.from(key, 'base64url')).toHaveLength(65)
  expect(statSync(made.home.paths.pushKey).mode & 0o777).toBe(0o600)
  expect(await made.ann.call('push.key', {})).toEqual({ key })
  const { privateKey } = JSON.parse(readFileSync(made.home.paths.pushKey, 'utf8')) as { privateKey: string }
  expect(readFileSync(made.home.paths.database).includes(privateKey)).toBe(false)
})

test('a card is pushed to a subscribed browser, which can read it, and taken back when it is settled; no service runs before', async () => {
  await using made = await subscribable()
  const { ann, bob, service, daemon } = made
  expect(daemon.daemon.core.services.status()).toEqual([])
  await ann.call('push.subscribe', service.subscribe())
  const { card } = await bob.call('decisions.raise', { ...QUESTION, priority: 'urgent', topic: 'x' } as never)
  const [first] = await service.until(() => service.pushed.length === 1 && service.pushed)
  expect(first?.payload).toEqual({
    v: 1,
    kind: 'card',
    tag: card.id,
    title: 'bob: Which database do we use?',
    body: expect.stringContaining('The store is to be written.'),
    url: `/cards/${card.id}`,
    actions: [
      { action: 'a', title: 'a) SQLite' },
      { action: 'b', title: 'b) Postgres' },
    ],
    card: card.id,
    urgent: true,
  })
  expect(first).toMatchObject({ ttl: '86400', urgency: 'high', topic: card.id, claims: { sub: 'https://crew.example.org' } })
  await ann.call('decisions.resolve', { card: card.id, option: 'a' })
  await service.until(() => service.pushed.length === 2)
  expect(service.pushed[1]?.payload).toMatchObject({
    kind: 'settled',
    tag: card.id,
    actions: [],
    body: expect.stringMatching(/^It is answered: a\) SQLite\. By owner \(phone\)/),
  })
  expect(service.wrong).toEqual([])
  expect(daemon.daemon.core.services.status()).toMatchObject([{ name: 'channels', state: 'running', parts: [{ name: 'push', state: 'ok' }] }])
})

test('the largest card there can be fits into a push message', async () => {
  await using made = await subscribable()
  const { ann, bob, service } = made
  await ann.call('push.subscribe', service.subscribe())
  const wide = (length: number) => '€'.repeat(length)
  const options = Array.from({ length: 5 }, (_, index) => ({ text: `${index}${wide(199)}`, pros: wide(600), cons: wide(600) }))
  const big = { ...QUESTION, question: wide(300), context: wide(600), options, recommendation: { option: 'a', because: wide(600) }, risk: wide(600) } as const
  await bob.call('decisions.raise', big as never)
  const [pushed] = await service.until(() => service.pushed.length === 1 && service.pushed)
  expect(pushed?.bytes).toBeGreaterThan(2_000)
  expect(pushed?.bytes).toBeLessThanOrEqual(PUSH_MAX_BYTES)
})

test.each([404, 410])('a subscription that the push service knows no more (%i) ends', async (status) => {
  await using made = await subscribable()
  const { ann, bob, service } = made
  const { channel } = await ann.call('push.subscribe', service.subscribe())
  service.answers.push({ status })
  await bob.call('decisions.raise', QUESTION as never)
  const ended = await until(async () => {
    const found = await listed(ann, channel.id)
    return found?.endedAt !== null && found
  })
  expect(ended).toMatchObject({ reason: `the push service knows the subscription no more (${status})`, waiting: 0 })
})

test.each([
  [{ status: 429, headers: { 'retry-after': '1' } }, 'it wants less (429)'],
  [{ status: 500 }, 'it has trouble of its own (500)'],
  [{ status: 302, headers: { location: 'http://127.0.0.1:9/elsewhere' } }, 'it answered with 302'],
] as const)('where it answers with %o, the notice waits and arrives later', async (answer, problem) => {
  await using made = await subscribable()
  const { ann, bob, service } = made
  const { channel } = await ann.call('push.subscribe', service.subscribe())
  service.answers.push(answer)
  await bob.call('decisions.raise', QUESTION as never)
  await until(async () => (await listed(ann, channel.id))?.problem === problem)
  await service.until(() => service.pushed.length === 1)
  await until(async () => (await listed(ann, channel.id))?.problem === null)
})

test('a node whose private key begins with a zero byte, as one in 256 does, pushes as well', async () => {
  await using made = await subscribable((privateKey) => privateKey.length < 32)
  const { ann, bob, service } = made
  await ann.call('push.subscribe', service.subscribe())
  await bob.call('decisions.raise', QUESTION as never)
  const [first] = await service.until(() => service.pushed.length === 1 && service.pushed)
  expect(first?.payload.kind).toBe('card')
})

test('a revoked device gets nothing more', async () => {
  await using made = await subscribable()
  const { ann, bob, service, home, daemon } = made
  await ann.call('push.subscribe', service.subscribe())
  const { devices } = await ann.call('devices.list', {})
  const { card } = await bob.call('decisions.raise', QUESTION as never)
  await service.until(() => service.pushed.length === 1)
  await using admin = await daemon.connect(home.token('admin'))
  await admin.call('devices.revoke', { device: devices[0]?.id ?? '' })
  await bob.call('decisions.withdraw', { card: card.id, reason: 'never mind' })
  await bob.call('decisions.raise', { ...QUESTION, question: 'And now?' } as never)
  await until(async () => (await admin.call('channels.list', {})).channels[0]?.reason === 'device')
  expect(service.pushed).toHaveLength(1)
})
