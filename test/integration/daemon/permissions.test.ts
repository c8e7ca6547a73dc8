import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Input, Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { Wire } from '../../contract/support/wire.ts'
import { PairedDaemon } from '../../support/paired-daemon.ts'

type Verdict = Output<'decisions.permit'>

let node: PairedDaemon
let phone: string
let bob: { readonly id: string; readonly token: string }

beforeEach(async () => {
  node = await PairedDaemon.start()
  phone = await node.pair('phone')
  bob = await node.agent('bob')
})
afterEach(async () => await node[Symbol.asyncDispose]())

const ASKED = { tool: 'Bash', arguments: { command: 'npm test', cwd: '/work' }, context: 'Claude Code asks whether it may use Bash.', timeout: '1h' }

/** What a hook does: a connection of its own, that waits. */
async function ask(input: Partial<Input<'decisions.permit'>> = {}, { token } = bob) {
  const wire = await Wire.greet(node.url, token)
  const verdict = wire.say('decisions.permit', { ...ASKED, ...input }).catch((error: unknown) => error) as Promise<Verdict>
  // Commands are done in order: after this one, it waits.
  await wire.say('peers.describe', { description: 'asks' })
  return { verdict, hangUp: async () => await wire[Symbol.asyncDispose]() }
}
const cards = async (state?: 'waiting') => (await node.as(phone).call('decisions.list', state ? { state } : {})).cards
const theCard = () => vi.waitUntil(async () => (await cards('waiting'))[0], { timeout: 20_000, interval: 10 })
const resolve = async (input: Omit<Input<'decisions.resolve'>, 'card'>) =>
  await node.as(phone).call('decisions.resolve', { card: (await theCard()).id, ...input })
const isGone = () => vi.waitUntil(async () => (await cards('waiting')).length === 0, { timeout: 20_000, interval: 10 })

describe('what a runtime asks its user', () => {
  it('is a card for people, that recommends nothing it does not know, and blocks until somebody says', async () => {
    const { hangUp } = await ask()
    expect(await theCard()).toMatchObject({
      source: 'permission',
      kind: 'approval',
      requesters: [{ name: 'bob' }],
      action: { kind: 'tool', name: 'Bash', arguments: ASKED.arguments },
      options: [{ does: 'approve' }, { does: 'deny', safe: true }],
      recommendation: { option: 'b' },
      default: { option: 'stay_blocked', at: null },
    })
    await hangUp()
  })

  it('is allowed by a person, this time and not another', async () => {
    const first = await ask()
    expect((await resolve({ option: 'a' })).approvals).toEqual([])
    expect(await first.verdict).toMatchObject({
      verdict: 'allowed',
      by: { name: 'owner', role: 'person' },
      card: { closed: { device: 'phone', how: 'resolved' } },
    })
    const second = await ask()
    await resolve({ option: 'b', note: 'Not twice.' })
    expect(await second.verdict).toMatchObject({ verdict: 'denied', note: 'Not twice.' })
    for (const { hangUp } of [first, second]) await hangUp()
  })

  it('is denied with the words of the person, also where those say how it should be instead, or are a letter on the thread', async () => {
    const first = await ask()
    await resolve({ revise: 'Use pnpm.' })
    expect(await first.verdict).toMatchObject({ verdict: 'denied', note: 'Use pnpm.' })
    const second = await ask()
    await node.as(phone).call('threads.answer', { thread: (await theCard()).thread ?? '', body: 'b' })
    expect(await second.verdict).toMatchObject({ verdict: 'denied' })
    // Nothing of it wakes the model: its runtime has been told.
    expect((await node.as(bob.token).call('mailbox.inbox', {})).items).toEqual([])
    for (const { hangUp } of [first, second]) await hangUp()
  })

  it('goes when whoever asks has gone, since it was answered elsewhere', async () => {
    const { hangUp } = await ask()
    const { id } = await theCard()
    await hangUp()
    // Its connection has to be seen to end before the moment can pass.
    await vi.waitUntil(
      async () => {
        node.clock.advance(LIMITS.permitGraceMs + 1)
        return (await cards('waiting')).length === 0
      },
      { timeout: 20_000, interval: 20 },
    )
    expect((await node.as(phone).call('decisions.get', { card: id })).card).toMatchObject({ state: 'withdrawn', closed: { how: 'settled', by: null } })
    expect(await node.refusal(phone, 'decisions.resolve', { card: id, option: 'a' })).toBe('already_closed')
  })

  it('stays the same card for who comes back in time, after a lost connection, a call that is over, or a restart', async () => {
    const first = await ask({ timeout: '10s' })
    const { id } = await theCard()
    node.clock.advance(10_001)
    expect(await first.verdict).toMatchObject({ verdict: 'waits', card: { id } })
    const second = await ask()
    await first.hangUp()
    node.clock.advance(LIMITS.permitGraceMs + 1)
    await node.restart()
    await second.hangUp()
    expect(await theCard()).toMatchObject({ id })
    const third = await ask()
    node.clock.advance(LIMITS.permitStartMs + 1)
    await resolve({ option: 'a' })
    expect(await third.verdict).toMatchObject({ verdict: 'allowed', card: { id } })
    await third.hangUp()
  })

  it('goes after a restart where nobody comes back', async () => {
    const { hangUp } = await ask()
    await theCard()
    await node.restart()
    await hangUp()
    expect(await cards('waiting')).toHaveLength(1)
    node.clock.advance(LIMITS.permitStartMs + 1)
    await isGone()
  })

  it('is answered by a lease at once, of which this is a use, until it is used up', async () => {
    const first = await ask()
    await resolve({ option: 'a', lease: { scope: { command: 'npm test', cwd: '/work' }, count: 2, for: '2h' } })
    expect(await first.verdict).toMatchObject({ verdict: 'allowed', approval: { form: 'lease', uses: 1, maxUses: 2 } })
    const second = await ask({ arguments: { ...ASKED.arguments, description: 'again' } })
    expect(await second.verdict).toMatchObject({ verdict: 'allowed', by: { name: 'owner' }, approval: { uses: 2, state: 'used' }, card: null })
    const third = await ask()
    expect(await theCard()).toMatchObject({ state: 'waiting' })
    const elsewhere = await ask({ arguments: { command: 'npm test; rm -rf ~', cwd: '/work' } })
    await vi.waitUntil(async () => (await cards('waiting')).length === 2)
    for (const { hangUp } of [first, second, third, elsewhere]) await hangUp()
  })

  it('of two that ask the same, one yes is for one', async () => {
    const both = [await ask(), await ask()]
    const { id } = await theCard()
    await resolve({ option: 'a' })
    const first = await Promise.race(both.map(({ verdict }) => verdict))
    expect(first).toMatchObject({ verdict: 'allowed', card: { id } })
    expect((await theCard()).id).not.toBe(id)
    await resolve({ option: 'b' })
    expect((await Promise.all(both.map(({ verdict }) => verdict))).map(({ verdict }) => verdict).sort()).toEqual(['allowed', 'denied'])
    for (const { hangUp } of both) await hangUp()
  })

  it('of two that ask the same, one no is for both, and a lease for as many as it is for', async () => {
    const both = [await ask(), await ask()]
    await resolve({ option: 'b' })
    for (const { verdict } of both) expect(await verdict).toMatchObject({ verdict: 'denied' })
    const three = [await ask(), await ask(), await ask()]
    await resolve({ option: 'a', lease: { count: 2, for: '1h' } })
    await vi.waitUntil(async () => (await cards('waiting')).length === 1, { timeout: 20_000 })
    await resolve({ option: 'b' })
    expect((await Promise.all(three.map(({ verdict }) => verdict))).map(({ verdict }) => verdict).sort()).toEqual(['allowed', 'allowed', 'denied'])
    for (const { hangUp } of [...both, ...three]) await hangUp()
  })

  it('of two sessions is one card, and a yes for each', async () => {
    const eve = await node.agent('eve')
    const both = [await ask(), await ask({}, eve)]
    await vi.waitUntil(async () => (await theCard()).requesters.length === 2)
    await resolve({ option: 'a' })
    for (const { verdict } of both) expect(await verdict).toMatchObject({ verdict: 'allowed' })
    for (const { hangUp } of both) await hangUp()
  })

  it('is allowed by a tier that a person has set, and is nobody’s where there is nobody', async () => {
    await node.as(phone).call('tiers.set', { kind: 'tool', tier: 'autonomous' })
    const allowed = await ask()
    expect(await allowed.verdict).toMatchObject({ verdict: 'allowed', by: null, card: null })
    await node.admin.call('peers.retire', { peer: 'owner' })
    await allowed.hangUp()
    const quiet = await PairedDaemon.start()
    const lone = await quiet.agent('lone')
    expect(await quiet.as(lone.token).call('decisions.permit', ASKED)).toMatchObject({ verdict: 'open', card: null })
    await quiet[Symbol.asyncDispose]()
  })
})

describe('an agent', () => {
  it('allows itself nothing: it can ask, look, and take back', async () => {
    const { verdict, hangUp } = await ask()
    const { id } = await theCard()
    expect(await node.refusal(bob.token, 'decisions.resolve', { card: id, option: 'a' })).toBe('forbidden')
    expect(await node.refusal(node.adminToken, 'decisions.resolve', { card: id, option: 'a' })).toBe('forbidden')
    expect(await node.refusal(node.adminToken, 'decisions.permit', ASKED)).toBe('forbidden')
    expect(await node.refusal(bob.token, 'tiers.set', { kind: 'tool', tier: 'autonomous' })).toBe('forbidden')
    await node.as(bob.token).call('decisions.withdraw', { card: id, reason: 'changed my mind' })
    expect(await verdict).toMatchObject({ verdict: 'open' })
    await hangUp()
  })

  it('shares no card with what a runtime asks, so none is told of the other’s outcome', async () => {
    const { hangUp } = await ask()
    const { question, context, options, recommendation, risk, action } = await theCard()
    const same = options.map(({ text, pros, cons, safe, does }) => ({ text, pros, cons, safe, does: does ?? 'deny' }))
    const card = {
      kind: 'approval',
      question,
      context,
      options: same,
      recommendation,
      risk,
      action: action ?? undefined,
      default: { option: 'stay_blocked' },
    } as const
    expect(await node.as(bob.token).call('decisions.raise', card)).toMatchObject({ folded: false, card: { source: 'peer' } })
    await hangUp()
  })
})
