import { expect, test } from 'vitest'
import { LIE, mail, REQUEST } from '../../support/cards.ts'
import { bound, cardOf, crew, hear, press, raise, sentCard } from '../../support/channel-crew.ts'

test('a button of an approval says what it does, whatever the words of whoever asks say of it', async () => {
  const { daemon, ann, bob, service } = await crew()
  using _ = daemon
  bound(ann, service)
  bob.call('decisions.raise', LIE)
  const { notice } = sentCard(service).errand
  expect(notice.options.map(({ text }) => text)).toEqual(['Approve: Leave it alone', 'Deny: Delete all'])
  expect(notice.body).toContain('\na) Approve: Leave it alone\nb) Deny: Delete all (safe)\n')
})

test('a card that several ask says so: a yes is for each of them', async () => {
  const { daemon, ann, bob, lead, service } = await crew()
  using _ = daemon
  bound(ann, service)
  bob.call('decisions.request', REQUEST)
  daemon.pass(1)
  lead.call('decisions.request', REQUEST)
  const { notice } = sentCard(service).errand
  expect(notice.title).toMatch(/^bob: /)
  expect(notice.body).toContain('\nAlso asked by lead.\n')
})

test('approves by a button for nobody of whom its message does not say that they ask', async () => {
  const { daemon, ann, bob, lead, service } = await crew()
  using _ = daemon
  bound(ann, service)
  const { card } = bob.call('decisions.request', REQUEST)
  const { nonce } = sentCard(service)
  daemon.pass(1)
  lead.call('decisions.request', REQUEST)
  expect(press(service, nonce('a'))).toContain('Somebody else asks the same by now')
  expect(cardOf(ann, card?.id ?? '').state).toBe('waiting')
  lead.call('decisions.withdraw', { card: card?.id ?? '', reason: 'Not any more.' })
  expect(press(service, nonce('a'))).toContain('Decided: a)')
  expect(lead.call('decisions.request', REQUEST).verdict).toBe('waits')
})

test('says nothing by a command, which a tap on the words of a peer would say', async () => {
  const { daemon, ann, bob, lead, service } = await crew()
  using _ = daemon
  bound(ann, service)
  const { id } = raise(bob)
  sentCard(service)
  for (const text of ['/help', '/start', '/deploy_to_production', '/yes@our_bot', '/a ']) {
    expect(hear(service, text)).toContain('Reply to a card')
    expect(hear(service, text, { replyTo: '900' })).toContain('Reply to a card')
  }
  expect(bob.call('decisions.get', { card: id }).comments).toEqual([])
  expect(mail(lead)).toEqual([])
  expect(hear(service, '/etc/hosts is wrong')).toContain('gone to the orchestrator')
})
