import { expect } from 'vitest'
import type { ChannelSettings } from '../../daemon/channels/index.ts'
import type { ChannelErrand } from '../../src/contract/index.ts'
import { QUESTION } from './cards.ts'
import { type CoreClient, TestCore, type TestCoreOptions } from './test-core.ts'

export const KEYS = { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) }
export const ENDPOINT = 'https://updates.push.services.mozilla.com/wpush/v2/abc'
export const BOT = 'https://api.telegram.org#77'
export const ANN = { bot: BOT, account: '5001', chat: '5001' } as const
export const SETTINGS: ChannelSettings = { telegram: true, ntfy: true, webhooks: ['home'], pushHosts: ['127.0.0.1:9'], pushKey: () => 'key' }

export async function crew(options: TestCoreOptions = {}) {
  const daemon = await TestCore.start({ channels: SETTINGS, ...options })
  const join = (name: string, options: Parameters<TestCore['join']>[1] = {}) => daemon.join(name, { mode: 'pull', ...options })
  const { id, token } = join('ann', { role: 'person' })
  // The role of a person is written behind the daemon's back, so the connection is made anew.
  const ann = daemon.connect(token)
  return { daemon, ann, person: id, token, lead: join('lead', { role: 'orchestrator' }), bob: join('bob'), service: daemon.service('channels') }
}

export const raise = (peer: CoreClient, more: object = {}) => peer.call('decisions.raise', { ...QUESTION, ...more } as never).card
export const cardOf = (peer: CoreClient, id: string) => peer.call('decisions.get', { card: id }).card
export const take = (service: CoreClient) => service.call('channels.take', { bot: BOT })
export const report = (service: CoreClient, { id }: ChannelErrand, more: object = {}) =>
  service.call('channels.report', { errand: id, outcome: 'sent', ...more })
export const subscribe = (device: CoreClient, more: object = {}) => device.call('push.subscribe', { endpoint: ENDPOINT, keys: KEYS, ...more }).channel
export const listed = (caller: CoreClient, id: string) => caller.call('channels.list', {}).channels.find((channel) => channel.id === id)
let updates = 0
export const hear = (service: CoreClient, text: string, more: object = {}) =>
  service.call('channels.hear', { ...ANN, isPrivate: true, name: '@ann', key: `u${++updates}`, text, ...more }).say
export const press = (service: CoreClient, nonce: string | null | undefined, more: object = {}) =>
  service.call('channels.press', { ...ANN, nonce: nonce ?? '', ...more }).say

/** The person says that the account is theirs. */
export function confirmed(ann: CoreClient) {
  const claimed = ann.call('channels.list', {}).channels.find(({ confirmed, endedAt }) => !confirmed && endedAt === null)
  return ann.call('channels.confirm', { channel: claimed?.id ?? '' }).channel
}

/** Binds the account in its private chat. */
export function bound(ann: CoreClient, service: CoreClient) {
  const { code } = ann.call('channels.bind', { kind: 'telegram' })
  expect(hear(service, `/start ${code}`)).toContain('Confirm on your device')
  const channel = confirmed(ann)
  const [welcome] = take(service).errands.filter(({ notice }) => notice.kind === 'test')
  report(service, welcome as ChannelErrand)
  return channel
}

/** A card as it was sent to Telegram, with what presses each of its options. */
export function sentCard(service: CoreClient, handle = '900') {
  const [errand] = take(service).errands
  if (errand?.notice.kind !== 'card') throw new Error(`No card: ${JSON.stringify(errand)}`)
  report(service, errand, { handle })
  return { errand, nonce: (letter: string) => errand.notice.options.find((option) => option.letter === letter)?.nonce }
}
