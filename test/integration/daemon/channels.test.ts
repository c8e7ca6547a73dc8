import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { ChannelErrand } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { mail, REQUEST } from '../../support/cards.ts'
import {
  ANN,
  BOT,
  bound,
  cardOf,
  confirmed,
  crew,
  ENDPOINT,
  hear,
  KEYS,
  listed,
  press,
  raise,
  report,
  SETTINGS,
  sentCard,
  subscribe,
  take,
} from '../../support/channel-crew.ts'
import { TestCore } from '../../support/test-core.ts'

const MINUTE = 60_000
const DAY = 86_400_000

describe('what people are told', () => {
  test('a card goes to each channel of its person, in the words of now, once; and that it was settled, after it', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    const push = subscribe(ann)
    const { channel: topic } = ann.call('channels.bind', { kind: 'ntfy', topic: 'crew' })
    const { id } = raise(bob)
    const { errands } = take(service)
    expect(errands.map(({ channel, target }) => [channel, target.kind])).toEqual([
      [push.id, 'push'],
      [topic?.id, 'ntfy'],
    ])
    expect(errands[0]?.notice).toMatchObject({
      kind: 'card',
      tag: id,
      card: id,
      title: 'bob: Which database do we use?',
      url: `/cards/${id}`,
      urgent: false,
      options: [
        { letter: 'a', text: 'SQLite', nonce: null },
        { letter: 'b', text: 'Postgres', nonce: null },
      ],
    })
    // Not reported yet, it is given out again, under the same id.
    expect(take(service).errands.map((each) => each.id)).toEqual(errands.map((each) => each.id))
    for (const errand of errands) expect(report(service, errand)).toEqual({ known: true })
    expect(take(service).errands).toEqual([])
    ann.call('decisions.resolve', { card: id, option: 'b' })
    const settled = take(service).errands
    expect(settled.map(({ notice }) => [notice.kind, notice.tag])).toEqual([
      ['settled', id],
      ['settled', id],
    ])
    expect(settled[0]?.notice.body).toMatch(/^It is answered: b\) Postgres\. By ann/)
    for (const errand of settled) report(service, errand)
    expect(take(service)).toEqual({ errands: [], nextAt: null, listen: false })
    expect(report(service, settled[0] as ChannelErrand)).toEqual({ known: false })
    expect(listed(ann, push.id)).toMatchObject({ waiting: 0, dead: 0, problem: null, lastSentAt: expect.any(String) })
  })

  test('a card that was decided before anybody was told is not told at all', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    subscribe(ann)
    const { id } = raise(bob)
    ann.call('decisions.resolve', { card: id, option: 'a' })
    expect(take(service).errands).toEqual([])
  })

  test('in quiet hours only what is urgent; the rest when they are over', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    subscribe(ann)
    ann.call('decisions.quiet', { from: '00:00', to: '07:00' })
    const { id } = raise(bob)
    expect(take(service).errands).toEqual([])
    const urgent = raise(bob, { question: 'Is the house on fire?', priority: 'urgent' })
    const [first] = take(service).errands
    expect(first?.notice).toMatchObject({ card: urgent.id, urgent: true })
    report(service, first as ChannelErrand)
    daemon.pass(7 * 60 * MINUTE)
    expect(take(service).errands.map(({ notice }) => notice.card)).toEqual([id])
  })

  test('mail: what an orchestrator says, and what is urgent; nothing that was read, or redacted, or is a card', async () => {
    const { daemon, ann, bob, lead, service } = await crew()
    using _ = daemon
    subscribe(ann)
    bob.call('threads.notify', { to: 'ann', body: 'By the way.' })
    expect(take(service).errands).toEqual([])
    bob.call('threads.ask', { to: 'ann', body: 'Quick!', priority: 'urgent' })
    const [urgent] = take(service).errands
    expect(urgent?.notice).toMatchObject({ kind: 'mail', title: 'bob: ask', body: 'Quick!', urgent: true, card: null })
    expect(urgent?.notice.url).toMatch(/^\/threads\/thr_/)
    report(service, urgent as ChannelErrand)
    const said = lead.call('threads.notify', { to: 'ann', body: 'All is well.' }).sent[0]
    lead.call('threads.redact', { message: said?.message ?? '', reason: 'slip' })
    lead.call('threads.notify', { to: 'ann', body: 'Read at once.' })
    mail(ann)
    expect(take(service).errands).toEqual([])
    raise(lead)
    expect(take(service).errands.map(({ notice }) => notice.kind)).toEqual(['card'])
    report(service, take(service).errands[0] as ChannelErrand)
    expect(take(service).errands).toEqual([])
  })

  test('a channel that cannot be reached does not fill up with mail; cards it gets', async () => {
    const { daemon, ann, bob, lead, service } = await crew()
    using _ = daemon
    const push = subscribe(ann)
    for (let number = 0; number < LIMITS.maxWaitingNotices + 5; number++) lead.call('threads.notify', { to: 'ann', body: `Number ${number}.` })
    expect(listed(ann, push.id)?.waiting).toBe(LIMITS.maxWaitingNotices)
    raise(bob)
    expect(listed(ann, push.id)?.waiting).toBe(LIMITS.maxWaitingNotices + 1)
    mail(ann)
    // What was read meanwhile is passed over, some of it with each look.
    for (let look = 0; look < 3; look++) take(service)
    expect(take(service).errands.map(({ notice }) => notice.kind)).toEqual(['card'])
  })

  test('as each channel wants', async () => {
    const { daemon, ann, bob, lead, service } = await crew()
    using _ = daemon
    const push = subscribe(ann, { wants: ['cards'] })
    lead.call('threads.notify', { to: 'ann', body: 'All is well.' })
    expect(take(service).errands).toEqual([])
    expect(ann.call('channels.set', { channel: push.id, wants: ['mail'] }).channel.wants).toEqual(['mail'])
    raise(bob)
    lead.call('threads.notify', { to: 'ann', body: 'All is still well.' })
    expect(take(service).errands.map(({ notice }) => notice.body)).toEqual(['All is still well.'])
  })

  test('the buttons of an approval are there only where all that is approved can be read, and never on a push message', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    subscribe(ann)
    bound(ann, service)
    bob.call('decisions.request', { ...REQUEST, action: { kind: 'command', name: 'npm test', arguments: { cwd: '/ship' } } })
    const options = () => Object.fromEntries(take(service).errands.map(({ target, notice }) => [target.kind, notice.options.length]))
    expect(options()).toEqual({ push: 0, telegram: 2 })
    for (const errand of take(service).errands) {
      expect(errand.notice.body).toContain('Action: command: npm test\nArguments: {"cwd":"/ship"}')
      report(service, errand, { handle: '1' })
    }
    bob.call('decisions.request', { ...REQUEST, action: { kind: 'command', name: 'long', arguments: { script: 'x'.repeat(4_000) } } })
    expect(options()).toEqual({ push: 0, telegram: 0 })
  })
})

describe('what cannot be sent', () => {
  test('waits longer each time, in order; then it is dead, which its person sees, and a test tries it again', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    const push = subscribe(ann)
    const first = raise(bob)
    raise(bob, { question: 'And which cache?' })
    for (let tries = 0; tries < LIMITS.maxNoticeTries; tries++) {
      const [errand] = take(service).errands
      expect(errand?.notice.card).toBe(first.id)
      report(service, errand as ChannelErrand, { outcome: 'failed', problem: 'it cannot be reached' })
      const { errands, nextAt } = take(service)
      if (tries === LIMITS.maxNoticeTries - 1) break
      expect(errands).toEqual([])
      expect(Date.parse(nextAt ?? '') - daemon.clock.wallMs()).toBe(Math.min(LIMITS.noticeBackoffFirstMs * 2 ** tries, LIMITS.noticeBackoffLastMs))
      daemon.pass(Date.parse(nextAt ?? '') - daemon.clock.wallMs())
    }
    expect(listed(ann, push.id)).toMatchObject({ dead: 1, waiting: 1, problem: 'it cannot be reached' })
    expect(daemon.rows("SELECT type FROM events WHERE type = 'channel.dead'")).toHaveLength(1)
    expect(daemon.admin.call('node.diagnose', {}).outbox).toMatchObject({ dead: 1, destinations: [expect.stringMatching(/^channel /)] })
    ann.call('channels.test', { channel: push.id })
    expect(listed(ann, push.id)).toMatchObject({ dead: 0, waiting: 3 })
    const seen: (string | null)[] = []
    for (let [errand] = take(service).errands; errand; [errand] = take(service).errands) {
      seen.push(errand.notice.kind === 'test' ? 'test' : errand.notice.card)
      report(service, errand)
    }
    expect(seen).toEqual([first.id, expect.stringMatching(/^dec_/), 'test'])
  })

  test('waits for as long as the other side says, which counts no try; where it knows the channel no more, that has ended', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    const push = subscribe(ann)
    raise(bob)
    const [errand] = take(service).errands
    report(service, errand as ChannelErrand, { outcome: 'failed', problem: 'it wants less (429)', retryAfterSeconds: 120 })
    expect(Date.parse(take(service).nextAt ?? '') - daemon.clock.wallMs()).toBe(120_000)
    // A clock that is put back holds nothing up for longer than it ever would have been.
    daemon.clock.stepWall(-7 * DAY)
    expect(take(service).errands).toHaveLength(1)
    report(service, errand as ChannelErrand, { outcome: 'gone', problem: 'the push service knows the subscription no more (410)' })
    expect(listed(ann, push.id)).toMatchObject({ endedAt: expect.any(String), reason: 'the push service knows the subscription no more (410)', waiting: 0 })
    expect(daemon.rows('SELECT * FROM outbox')).toEqual([])
    raise(bob, { question: 'And which cache?' })
    expect(take(service).errands).toEqual([])
  })

  test('a channel ends with the device that bound it, and what waited for it is not sent', async () => {
    const { daemon, ann, bob, person, service } = await crew()
    using _ = daemon
    const second = daemon.connect(daemon.device(person, 'tablet'))
    const push = subscribe(second)
    const { channel: topic } = second.call('channels.bind', { kind: 'ntfy', topic: 'crew' })
    const stays = ann.call('channels.bind', { kind: 'webhook', webhook: 'home' }).channel
    raise(bob)
    const tablet = ann.call('devices.list', {}).devices.find(({ name }) => name === 'tablet')
    ann.call('devices.revoke', { device: tablet?.id ?? '' })
    expect(listed(ann, push.id)).toMatchObject({ reason: 'device', endedAt: expect.any(String) })
    expect(take(service).errands.map(({ channel }) => channel)).toEqual([stays?.id])
    expect(listed(ann, topic?.id ?? '')).toMatchObject({ reason: 'device', waiting: 0 })
    expect(ann.refusal('channels.test', { channel: push.id }).code).toBe('already_closed')
  })

  test('a notice survives a restart of the daemon in the middle, under its id', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'muster-channels-'))
    try {
      const path = join(folder, 'muster.db')
      const { daemon, ann, bob, service } = await crew({ path })
      subscribe(ann)
      raise(bob)
      const [before] = take(service).errands
      daemon.core.crash()
      using again = await TestCore.start({ path, channels: SETTINGS, clock: daemon.clock })
      expect(take(again.service('channels')).errands).toEqual([before])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})

describe('binding', () => {
  test('a device has one subscription, at a push service; the same again changes nothing, another takes its place', async () => {
    const { daemon, ann } = await crew()
    using _ = daemon
    const first = subscribe(ann)
    expect(subscribe(ann, { wants: ['mail'] })).toMatchObject({ id: first.id, wants: ['mail'] })
    const second = subscribe(ann, { endpoint: 'https://fcm.googleapis.com/fcm/send/x' })
    expect(ann.call('channels.list', {})).toMatchObject({ own: second.id, available: { push: true, telegram: true, ntfy: true, webhooks: ['home'] } })
    expect(listed(ann, first.id)?.reason).toBe('replaced')
    expect(ann.call('push.unsubscribe', {}).channel).toMatchObject({ id: second.id, reason: 'unbound' })
    expect(ann.call('push.unsubscribe', {}).channel).toBeNull()
    expect(ann.call('push.key', {})).toEqual({ key: 'key' })
  })

  test.each([
    'https://localhost/x',
    'https://192.168.0.1/admin',
    'https://evilfcm.googleapis.com.evil.test/',
    'https://notpush.apple.com.evil.test/',
    'https://xpush.apple.com/',
    'https://fcm.googleapis.com:8443/x',
    'http://fcm.googleapis.com/x',
    'https://user:secret@fcm.googleapis.com/x',
    'http://127.0.0.1:10/x',
    'file:///etc/passwd',
  ])('no subscription leads to %s', async (endpoint) => {
    const { daemon, ann } = await crew()
    using _ = daemon
    expect(ann.refusal('push.subscribe', { endpoint, keys: KEYS })).toMatchObject({
      code: 'invalid_input',
      field: 'endpoint',
      hint: expect.stringContaining('pushHosts'),
    })
    expect(subscribe(ann, { endpoint: 'http://127.0.0.1:9/here' }).label).toBe('127.0.0.1:9')
  })

  test('what is not set cannot be bound, and what is not known is said', async () => {
    const { daemon, ann } = await crew({ channels: { ...SETTINGS, telegram: false, ntfy: false } })
    using _ = daemon
    expect(ann.refusal('channels.bind', { kind: 'telegram' })).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('telegram') })
    expect(ann.refusal('channels.bind', { kind: 'ntfy', topic: 'x' })).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('ntfy') })
    expect(ann.refusal('channels.bind', { kind: 'webhook', webhook: 'work' })).toMatchObject({ code: 'invalid_input', hint: expect.stringContaining('home') })
    expect(ann.refusal('channels.bind', { kind: 'webhook' }).code).toBe('invalid_input')
  })

  test('only people bind, and each ends its own; the administrator ends any', async () => {
    const { daemon, ann, bob, lead } = await crew()
    using _ = daemon
    const push = subscribe(ann)
    const { id } = daemon.join('eve', { role: 'person', mode: 'pull' })
    const eve = daemon.connect(daemon.device(id, 'phone'))
    for (const caller of [bob, lead, daemon.admin]) {
      expect(caller.refusal('push.subscribe', { endpoint: ENDPOINT, keys: KEYS }).code).toBe('forbidden')
      expect(caller.refusal('channels.bind', { kind: 'telegram' }).code).toBe('forbidden')
    }
    for (const caller of [bob, lead]) expect(caller.refusal('channels.list', {}).code).toBe('forbidden')
    for (const operation of ['channels.unbind', 'channels.test'])
      for (const caller of [bob, eve]) expect(caller.refusal(operation, { channel: push.id }).code).toBe('not_found')
    expect(eve.refusal('channels.set', { channel: push.id, wants: [] }).code).toBe('not_found')
    expect(eve.call('channels.list', {}).channels).toEqual([])
    expect(daemon.admin.call('channels.list', {}).channels).toHaveLength(1)
    expect(daemon.admin.call('channels.unbind', { channel: push.id }).channel.reason).toBe('unbound')
  })
})

describe('a Telegram account', () => {
  test('is bound by a code from a device, once, in a private chat; its button decides in the name of its person, and the second is told who did', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    const channel = bound(ann, service)
    expect(channel).toMatchObject({ label: '@ann', person: { name: 'ann' }, wants: ['cards', 'mail'] })
    expect(take(service).listen).toBe(true)
    const { id } = raise(bob)
    const { nonce } = sentCard(service)
    expect(press(service, nonce('b'))).toBe('Decided: b) Postgres')
    expect(cardOf(ann, id)).toMatchObject({ state: 'answered', option: 'b', closed: { by: { name: 'ann' }, how: 'resolved', device: 'Telegram @ann' } })
    expect(press(service, nonce('a'))).toMatch(/^It is answered: b\) Postgres\. By ann \(Telegram @ann\), 2026-/)
    expect(press(service, nonce('b'))).toMatch(/^It is answered/)
    expect(ann.refusal('decisions.resolve', { card: id, option: 'a' })).toMatchObject({ code: 'already_closed', device: 'Telegram @ann', option: 'b' })
    expect(mail(bob).map(({ message }) => message.body)).toEqual([expect.stringContaining(`${id} is answered: b (Postgres), by ann.`)])
    // The message loses its buttons.
    expect(take(service).errands).toMatchObject([{ handle: '900', notice: { kind: 'settled' } }])
  })

  test('and the dashboard answer in the same moment: one wins, and the other is told who did', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    bound(ann, service)
    const { id } = raise(bob)
    const { nonce } = sentCard(service)
    const [there, here] = [service.post('channels.press', { ...ANN, nonce: nonce('a') }), ann.post('decisions.resolve', { card: id, option: 'b' })]
    daemon.pass(0)
    expect(service.outcome(there)).toEqual({ say: 'Decided: a) SQLite' })
    expect(() => ann.outcome(here)).toThrow(expect.objectContaining({ code: 'already_closed' }))
    expect(cardOf(ann, id).option).toBe('a')
  })

  test('approves by a button, with an approval for whoever asked, and not by a letter', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    bound(ann, service)
    const { card } = bob.call('decisions.request', REQUEST)
    const { nonce } = sentCard(service)
    expect(hear(service, 'a', { replyTo: '900' })).toBe('An approval takes one of its buttons, or the dashboard.')
    expect(cardOf(ann, card?.id ?? '').state).toBe('waiting')
    expect(press(service, nonce('a'))).toContain('Decided: a)')
    expect(cardOf(ann, card?.id ?? '')).toMatchObject({ state: 'approved', closed: { device: 'Telegram @ann' } })
    expect(bob.call('decisions.request', REQUEST).verdict).toBe('allowed')
  })

  test('answers a question by a letter in reply to it, comments otherwise, and speaks to whoever leads', async () => {
    const { daemon, ann, bob, lead, service } = await crew()
    using _ = daemon
    bound(ann, service)
    const { id } = raise(bob)
    sentCard(service)
    expect(hear(service, 'Why not both?', { replyTo: '900' })).toBe('Noted as a comment: the card waits on.')
    expect(mail(bob).map(({ message }) => message.body)).toContain('Why not both?')
    expect(hear(service, 'b')).toBe('Reply to the message of the card that you mean.')
    expect(hear(service, ' (B) ', { replyTo: '900' })).toBe('Decided: b) Postgres')
    expect(cardOf(ann, id)).toMatchObject({ option: 'b', closed: { how: 'letter', device: 'Telegram @ann' } })
    expect(hear(service, 'a', { replyTo: '900' })).toMatch(/^It is answered: b\)/)
    report(service, take(service).errands[0] as ChannelErrand)

    const key = 'same'
    for (let repeat = 0; repeat < 2; repeat++) expect(hear(service, 'How far are we?', { key })).toBe('It has gone to the orchestrator.')
    const asked = mail(lead).filter(({ message }) => message.kind === 'ask')
    expect(asked.map(({ message }) => [message.from?.name, message.from?.role, message.body])).toEqual([['ann', 'person', 'How far are we?']])
    lead.call('threads.answer', { thread: asked[0]?.thread.id ?? '', body: 'Half way.' })
    const [answer] = take(service).errands
    expect(answer?.notice).toMatchObject({ kind: 'mail', title: 'lead: answer', body: 'Half way.' })
    report(service, answer as ChannelErrand, { handle: '901' })

    lead.call('threads.ask', { to: 'ann', body: 'Shall we?' })
    const [question] = take(service).errands
    report(service, question as ChannelErrand, { handle: '902' })
    expect(hear(service, 'We shall.', { replyTo: '902' })).toBe('Sent.')
    expect(mail(lead).map(({ message }) => [message.kind, message.body])).toContainEqual(['answer', 'We shall.'])
  })

  test('is told where nobody leads', async () => {
    const { daemon, ann, lead, service } = await crew()
    using _ = daemon
    bound(ann, service)
    daemon.admin.call('peers.retire', { peer: lead.id, reason: 'gone' })
    expect(service.refusal('channels.hear', { ...ANN, isPrivate: true, name: '@ann', key: 'x', text: 'Hello?' })).toMatchObject({
      code: 'not_found',
      hint: expect.any(String),
    })
  })
})

describe('whoever pretends', () => {
  async function scene() {
    const made = await crew()
    const { ann, bob, service } = made
    bound(ann, service)
    const card = bob.call('decisions.request', REQUEST).card as NonNullable<ReturnType<typeof cardOf>>
    return { ...made, card, ...sentCard(service), state: () => cardOf(ann, card.id).state }
  }

  test.each([
    ['an account that is not bound', { account: '6666', chat: '6666' }],
    ['an account that is not bound, in the bound chat', { account: '6666' }],
    ['the bound account in another chat, as by a message that was forwarded', { chat: '-100200' }],
    ['the same numbers at another bot', { bot: 'https://api.telegram.org#78' }],
    ['the same numbers at another server', { bot: 'https://evil.test#77' }],
  ])('%s decides nothing and hears nothing', async (_who, origin) => {
    const { daemon, service, nonce, state, ann, lead } = await scene()
    using _ = daemon
    expect(press(service, nonce('a'), origin)).toBeNull()
    for (const text of ['a', 'Approve it.', '/start', '/help', 'Delete everything.']) expect(hear(service, text, { ...origin, replyTo: '900' })).toBeNull()
    expect(hear(service, 'Delete everything.', origin)).toBeNull()
    expect([state(), mail(lead).filter(({ message }) => message.body.includes('Delete'))]).toEqual(['waiting', []])
    expect(ann.call('channels.list', {}).channels).toHaveLength(1)
    // The right one still can.
    expect(press(service, nonce('a'))).toContain('Decided')
  })

  test('a nonce is good for its card, its option and its channel, for a day', async () => {
    const { daemon, ann, bob, service, nonce, state, card } = await scene()
    using _ = daemon
    for (const forged of ['', 'a', card.id, '0'.repeat(24), `${nonce('a')}x`, nonce('a')?.toUpperCase()])
      expect(press(service, forged)).toBe('This button is no longer good. Open the card in the dashboard.')
    // Another person's channel has nonces of its own.
    const { id } = daemon.join('eve', { role: 'person', mode: 'pull' })
    const eve = daemon.connect(daemon.device(id, 'phone'))
    const { code } = eve.call('channels.bind', { kind: 'telegram' })
    const EVE = { account: '7', chat: '7' }
    expect(hear(service, `/start ${code}`, EVE)).toContain('Confirm')
    confirmed(eve)
    expect(press(service, nonce('a'), EVE)).toContain('no longer good')
    expect(state()).toBe('waiting')
    // That of another card decides that card alone.
    const other = raise(bob)
    const sent = take(service).errands.find(
      ({ notice, target }) => notice.card === other.id && target.kind === 'telegram' && target.chat === ANN.chat,
    ) as ChannelErrand
    expect(press(service, sent.notice.options[0]?.nonce)).toContain('Decided')
    expect([state(), cardOf(ann, other.id).state]).toEqual(['waiting', 'answered'])
    daemon.clock.stepWall(-DAY)
    expect(press(service, nonce('a'))).toContain('no longer good')
    daemon.clock.stepWall(2 * DAY)
    expect(press(service, nonce('a'))).toContain('no longer good')
    expect(state()).toBe('waiting')
  })

  test('a channel that has ended decides nothing, whichever way it ended', async () => {
    const { daemon, ann, service, nonce, state, person } = await scene()
    using _ = daemon
    ann.call('channels.unbind', { channel: ann.call('channels.list', {}).channels[0]?.id ?? '' })
    expect(press(service, nonce('a'))).toBeNull()
    // Bound anew, by a device that is then lost.
    const tablet = daemon.connect(daemon.device(person, 'tablet'))
    const { code } = tablet.call('channels.bind', { kind: 'telegram' })
    hear(service, `/start ${code}`)
    expect(press(service, nonce('a'))).toBeNull()
    confirmed(tablet)
    expect(press(service, nonce('a'))).toContain('no longer good')
    const device = ann.call('devices.list', {}).devices.find(({ name }) => name === 'tablet')
    ann.call('devices.revoke', { device: device?.id ?? '' })
    expect(hear(service, 'Delete everything.')).toBeNull()
    expect(state()).toBe('waiting')
  })

  test('a code binds once, in time, from a device that is still paired, and not where others listen', async () => {
    const { daemon, ann, person, service } = await crew()
    using _ = daemon
    const fresh = () => ann.call('channels.bind', { kind: 'telegram' }).code
    const bad = 'That code is not good, or no longer.'
    const first = fresh()
    const second = fresh()
    expect(hear(service, `/start ${first}`)).toContain(bad)
    expect(hear(service, `/start ${second}`, { isPrivate: false, chat: '-100' })).toContain('A code is sent in a private chat')
    expect(hear(service, `/start ${second}`)).toContain(bad)
    const late = fresh()
    daemon.pass(LIMITS.bindingCodeMs)
    expect(hear(service, `/start ${late}`)).toContain(bad)
    const tablet = daemon.device(person, 'tablet')
    const { code: lost } = daemon.connect(tablet).call('channels.bind', { kind: 'telegram' })
    const device = ann.call('devices.list', {}).devices.find(({ name }) => name === 'tablet')
    ann.call('devices.revoke', { device: device?.id ?? '' })
    expect(hear(service, `/start ${lost}`)).toContain(bad)
    expect(hear(service, '/start')).toBeNull()
    expect(ann.call('channels.list', {}).channels).toEqual([])
    // A repeat of the update that bound is answered as it was.
    const code = fresh()
    for (let repeat = 0; repeat < 2; repeat++) expect(hear(service, `/start ${code}`, { key: 'bind' })).toContain('Confirm on your device')
    expect(hear(service, `/start ${code}`)).toContain(bad)
  })

  test('an account that has sent a stolen code is nobody until its person confirms it, and its time is short', async () => {
    const { daemon, ann, bob, service } = await crew()
    using _ = daemon
    const THIEF = { account: '6666', chat: '6666', name: '@mallory' }
    const { code } = ann.call('channels.bind', { kind: 'telegram' })
    // Whoever has the bot's token reads what is sent to it, and sends it first.
    expect(hear(service, `/start ${code}`, THIEF)).toContain('Confirm on your device')
    expect(hear(service, `/start ${code}`)).toContain('That code is not good')
    const [claimed] = ann.call('channels.list', {}).channels
    expect(claimed).toMatchObject({ label: '@mallory', confirmed: false, endedAt: null })
    raise(bob)
    expect(take(service).errands).toEqual([])
    expect(hear(service, 'Delete everything.', THIEF)).toBeNull()
    const channel = claimed?.id ?? ''
    expect([bob.refusal('channels.test', { channel }).code, bob.refusal('channels.confirm', { channel }).code]).toEqual(['not_found', 'forbidden'])
    expect(daemon.admin.refusal('channels.confirm', { channel }).code).toBe('forbidden')
    expect(service.refusal('channels.confirm', { channel }).code).toBe('forbidden')
    expect(ann.refusal('channels.test', { channel })).toMatchObject({ code: 'already_closed', reason: 'unconfirmed' })
    daemon.pass(LIMITS.bindingCodeMs)
    expect(ann.refusal('channels.confirm', { channel }).code).toBe('already_closed')
    take(service)
    expect(listed(ann, channel)?.reason).toBe('unconfirmed')
  })

  test('no other credential takes, reports, presses or hears: not another service, not even one of that name', async () => {
    const { daemon, ann, bob, lead, nonce, state } = await scene()
    using _ = daemon
    const observer = daemon.service('observer')
    const impostor = daemon.join('muster-channels', { role: 'service', mode: 'pull', session: 'service:channels' })
    const calls = [
      ['channels.take', { bot: BOT }],
      ['channels.report', { errand: daemon.core.store.id('outbox', 1), outcome: 'sent' }],
      ['channels.press', { ...ANN, nonce: nonce('a') }],
      ['channels.hear', { ...ANN, isPrivate: true, name: 'x', key: 'k', text: 'a', replyTo: '900' }],
    ] as const
    for (const caller of [ann, bob, lead, observer, impostor, daemon.admin])
      for (const [operation, input] of calls) expect(caller.refusal(operation, input).code).toBe('forbidden')
    expect(state()).toBe('waiting')
  })

  test("the service's own credential decides nothing without the button", async () => {
    const { daemon, service, card, state } = await scene()
    using _ = daemon
    expect(service.refusal('decisions.resolve', { card: card.id, option: 'a' }).code).toBe('forbidden')
    expect(service.refusal('decisions.get', { card: card.id }).code).toBe('not_found')
    expect(service.refusal('channels.bind', { kind: 'ntfy', topic: 'x' }).code).toBe('forbidden')
    expect(state()).toBe('waiting')
  })
})
