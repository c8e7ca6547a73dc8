import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { QUESTION, REQUEST } from '../../support/cards.ts'
import { DaemonProcess, registerPeer } from '../../support/daemon.ts'
import { homeWith, pairFirst, scene } from '../../support/reachable-person.ts'
import { NtfyServer, WebhookReceiver } from '../../support/receivers.ts'
import { WireClient } from '../../support/wire-client.ts'

const PUBLIC = 'https://crew.example.org'

async function until<T>(look: () => Promise<T | undefined | false>): Promise<T> {
  for (;;) {
    const found = await look()
    if (found) return found
    await sleep(20)
  }
}

test('ntfy shows a card with a link and no button that acts, and in its place that it was settled; a token that others may read is not used', async () => {
  await using ntfy = await NtfyServer.start()
  const token = homeWith({})
  const file = join(token.path, 'ntfy.token')
  writeFileSync(file, ntfy.token, { mode: 0o644 })
  await using made = await scene({ ntfy: { baseUrl: ntfy.url, token: { file } }, publicUrl: PUBLIC })
  const { ann, bob } = made
  const { channel } = await ann.call('channels.bind', { kind: 'ntfy', topic: 'crew' })
  const { card } = await bob.call('decisions.request', REQUEST)
  const id = card?.id ?? ''
  const problem = await until(async () => (await ann.call('channels.list', {})).channels[0]?.problem ?? undefined)
  expect([problem, ntfy.received]).toEqual([`others may read its token: chmod 600 ${file}`, []])
  rmSync(file)
  writeFileSync(file, ntfy.token, { mode: 0o600 })
  await ann.call('channels.test', { channel: channel?.id ?? '' })
  await ntfy.until(() => ntfy.shown('crew').has('test'))
  const shown = ntfy.shown('crew').get(id)
  expect(shown).toMatchObject({ topic: 'crew', title: expect.stringMatching(/^bob: /), priority: 3, click: `${PUBLIC}/cards/${id}` })
  expect(shown?.['actions']).toEqual([{ action: 'view', label: 'Open', url: `${PUBLIC}/cards/${id}` }])
  await ann.call('decisions.resolve', { card: id, option: 'b' })
  await ntfy.until(() => ntfy.shown('crew').get(id)?.['priority'] === 1)
  expect(ntfy.shown('crew').get(id)).toMatchObject({ message: expect.stringMatching(/^It is denied: b\)/), click: `${PUBLIC}/cards/${id}` })
  expect(JSON.stringify(ntfy.shown('crew').get(id))).not.toContain('actions')
})

test('a webhook is posted to, signed, with the same id for each try, and followed nowhere', async () => {
  await using hook = await WebhookReceiver.start()
  process.env['TEST_HOOK_SECRET'] = `whsec_${hook.secret.toString('base64')}`
  const home = homeWith({ webhooks: [{ name: 'home', url: `${hook.url}/in`, secret: { variable: 'TEST_HOOK_SECRET' } }], publicUrl: PUBLIC })
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  await using ann = await WireClient.greet(url, await pairFirst(url, home))
  await using bob = await WireClient.greet(url, (await registerPeer(url, home.token('enrolment'), 'bob')).token)
  await ann.call('channels.bind', { kind: 'webhook', webhook: 'home' })
  hook.answers.push({ status: 307, headers: { location: `${hook.url}/elsewhere` } }, { status: 429, headers: { 'retry-after': '1' } })
  const { card } = await bob.call('decisions.raise', QUESTION as never)
  await hook.until(() => hook.received.length === 3)
  expect(hook.received.map(({ path }) => path)).toEqual(['/in', '/in', '/in'])
  expect(hook.verified.map(({ id, type }) => [id, type])).toEqual(Array(3).fill([expect.stringMatching(/^out_/), 'card.waiting']))
  expect(new Set(hook.verified.map(({ id }) => id)).size).toBe(1)
  expect(hook.verified[2]?.data).toMatchObject({
    tag: card.id,
    card: card.id,
    url: `${PUBLIC}/cards/${card.id}`,
    options: [{ letter: 'a', text: 'SQLite' }, { letter: 'b' }],
  })
  await ann.call('decisions.resolve', { card: card.id, option: 'b' })
  await hook.until(() => hook.verified.some(({ type }) => type === 'card.settled'))
  // It says that it wants nothing more.
  hook.answers.push({ status: 410 })
  await bob.call('decisions.raise', { ...QUESTION, question: 'And now?' } as never)
  await until(async () => (await ann.call('channels.list', {})).channels[0]?.reason === 'the webhook wants nothing more (410)')
  delete process.env['TEST_HOOK_SECRET']
})

test('a daemon killed while a notice is on its way sends it again, under the same id, and loses none', async () => {
  await using hook = await WebhookReceiver.start()
  process.env['TEST_HOOK_SECRET'] = `whsec_${hook.secret.toString('base64')}`
  const home = homeWith({ webhooks: [{ name: 'home', url: hook.url, secret: { variable: 'TEST_HOOK_SECRET' } }] })
  const first = new DaemonProcess(home)
  const url = await first.url()
  const phone = await pairFirst(url, home)
  const { token } = await registerPeer(url, home.token('enrolment'), 'bob')
  const cards = await (async () => {
    await using ann = await WireClient.greet(url, phone)
    await using bob = await WireClient.greet(url, token)
    await ann.call('channels.bind', { kind: 'webhook', webhook: 'home' })
    hook.hangs = true
    const raised: string[] = []
    for (let number = 0; number < 5; number++) raised.push((await bob.call('decisions.raise', { ...QUESTION, question: `Number ${number}?` } as never)).card.id)
    await hook.until(() => hook.received.length === 1)
    return raised
  })()
  await first.end('SIGKILL')
  hook.hangs = false
  await using again = new DaemonProcess(home)
  await again.url()
  await hook.until(() => hook.received.length === 6)
  const [lost, ...rest] = hook.verified
  expect(rest.map(({ data }) => data['card'])).toEqual(cards)
  expect([lost?.id, new Set(rest.map(({ id }) => id)).size]).toEqual([rest[0]?.id, 5])
  delete process.env['TEST_HOOK_SECRET']
})
