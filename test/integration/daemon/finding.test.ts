import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { type CoreClient, TestCore } from '../../support/test-core.ts'

interface Sent {
  readonly thread: string
  readonly message: string
}

const said = (links: readonly { readonly message: { readonly body: string } }[]) => links.map(({ message }) => message.body)

describe('why there is a message', () => {
  /** ada asks bob, who asks cy because of it, who tells dan because of that; cy answers bob, and bob answers ada. */
  async function chain() {
    const daemon = await TestCore.start()
    const join = (name: string) => daemon.join(name, { mode: 'pull' })
    const [ada, bob, cy, dan] = [join('ada'), join('bob'), join('cy'), join('dan')]
    const send = (from: CoreClient, how: 'threads.ask' | 'threads.notify', to: string, body: string, causedBy: string | null) =>
      from.call(how, { to, body, causedBy }).sent[0] as Sent
    const first = send(ada, 'threads.ask', 'bob', 'one', null)
    const second = send(bob, 'threads.ask', 'cy', 'two', first.message)
    const third = send(cy, 'threads.notify', 'dan', 'three', second.message)
    cy.call('threads.answer', { thread: second.thread, body: 'four' })
    const { message: last } = bob.call('threads.answer', { thread: first.thread, body: 'five' })
    daemon.pass(LIMITS.indexEveryMs)
    return { daemon, ada, bob, cy, dan, first, second, third, last, [Symbol.dispose]: () => daemon.stop() }
  }

  it('is told from the root to the message, with what it led to', async () => {
    using world = await chain()
    const { daemon, second, third } = world
    const why = daemon.admin.call('messages.why', { id: second.message })
    expect(said(why.chain)).toEqual(['one', 'two'])
    expect(said(why.led)).toEqual(['three', 'four'])
    expect(why.chain.map(({ because, gap }) => [because, gap])).toEqual([
      [null, false],
      [world.first.message, false],
    ])
    expect([...new Set(why.led.map(({ because }) => because))]).toEqual([second.message])
    expect(said(daemon.admin.call('messages.why', { id: third.thread }).chain)).toEqual(['one', 'two', 'three'])
    expect(said(daemon.admin.call('messages.why', { id: world.first.thread }).led)).toEqual(['two', 'three', 'four', 'five'])
  })

  it('shows each what it may read, and that something stands between', async () => {
    using world = await chain()
    const { ada, bob, dan, first, second, third } = world
    const ofDan = dan.call('messages.why', { id: third.message })
    expect(said(ofDan.chain)).toEqual(['three'])
    expect(ofDan.chain[0]).toMatchObject({ because: null, gap: true })
    const ofAda = ada.call('messages.why', { id: first.message })
    expect(said(ofAda.led)).toEqual(['five'])
    expect(said(bob.call('messages.why', { id: second.message }).led)).toEqual(['four'])
    expect(dan.refusal('messages.why', { id: second.message })).toMatchObject({ code: 'not_found', id: second.message })
    expect(JSON.stringify(dan.frames)).not.toMatch(/"(?:one|two)"/)
  })

  it('goes on beyond what may not be read', async () => {
    using world = await chain()
    const { daemon, dan, third } = world
    const orchestrator = daemon.join('olga', { role: 'orchestrator', mode: 'pull', circle: 'other' })
    const asked = orchestrator.call('threads.notify', { to: orchestrator.id, body: 'zero', causedBy: null }).sent[0] as Sent
    daemon.run('UPDATE messages SET caused_by = ? WHERE id = ?', daemon.number(asked.message), daemon.number(world.first.message))
    daemon.run('UPDATE threads SET opener_id = ? WHERE id = ?', daemon.number(orchestrator.id), daemon.number(third.thread))
    const why = orchestrator.call('messages.why', { id: third.message })
    expect(said(why.chain)).toEqual(['zero', 'three'])
    expect(why.chain[1]).toMatchObject({ because: asked.message, gap: true })
    expect(said(dan.call('messages.why', { id: third.message }).chain)).toEqual(['three'])
  })

  it('is bounded, and says that there is more', async () => {
    using world = await chain()
    const { daemon, first, third } = world
    expect(daemon.admin.call('messages.why', { id: third.message, limit: 2 })).toMatchObject({ more: true })
    expect(said(daemon.admin.call('messages.why', { id: third.message, limit: 2 }).chain).at(-1)).toBe('three')
    const led = daemon.admin.call('messages.why', { id: first.message, limit: 1 })
    expect([led.led.length, led.more]).toEqual([1, true])
  })
})

describe('the timeline of a peer', () => {
  it('is what it did and what happened to it, newest first, in pages', async () => {
    using daemon = await TestCore.start()
    const [ada, bob] = [daemon.join('ada', { mode: 'pull' }), daemon.join('bob', { mode: 'pull' })]
    const cy = daemon.join('cy', { mode: 'pull' })
    for (let index = 0; index < 4; index += 1) ada.call('threads.notify', { to: 'bob', body: `word ${index}`, causedBy: null })
    cy.call('threads.notify', { to: 'ada', body: 'not of bob', causedBy: null })
    bob.call('peers.rename', { name: 'robert' })
    const all = daemon.admin.call('events.timeline', { peer: bob.id, limit: 200 })
    expect(all).toMatchObject({ peer: { name: 'robert' }, before: null })
    expect(all.events[0]).toMatchObject({ type: 'peer.renamed', changed: { name: 'robert', was: 'bob' } })
    expect(all.events.filter(({ type }) => type === 'thread.opened').length).toBe(4)
    expect(all.events.at(-1)).toMatchObject({ type: 'peer.registered' })
    const paged: string[] = []
    for (let before: string | null | undefined; before !== null; ) {
      const page = daemon.admin.call('events.timeline', { peer: bob.id, limit: 3, ...(before !== undefined && { before }) })
      paged.push(...page.events.map(({ cursor }) => cursor))
      before = page.before
    }
    expect(paged).toEqual(all.events.map(({ cursor }) => cursor))
    expect(daemon.admin.call('events.timeline', { peer: bob.id, types: ['thread'] }).events.every(({ type }) => type === 'thread.opened')).toBe(true)
  })

  it('shows a peer of the circle what is public, and to itself what concerned it; a stranger does not exist', async () => {
    using daemon = await TestCore.start()
    const [ada, bob, cy] = [daemon.join('ada', { mode: 'pull' }), daemon.join('bob', { mode: 'pull' }), daemon.join('cy', { mode: 'pull' })]
    const far = daemon.join('far', { circle: 'other', mode: 'pull' })
    ada.call('threads.notify', { to: 'bob', body: 'a word', causedBy: null })
    const types = (who: CoreClient, peer: string) => new Set(who.call('events.timeline', { peer }).events.map(({ type }) => type))
    expect(types(bob, 'ada')).toContain('thread.opened')
    expect(types(ada, 'bob')).toContain('thread.opened')
    expect(types(cy, 'ada')).not.toContain('thread.opened')
    expect(types(cy, 'ada')).toContain('peer.registered')
    for (const peer of [ada.id, 'nobody']) expect(far.refusal('events.timeline', { peer })).toMatchObject({ code: 'not_found' })
    expect(ada.refusal('events.timeline', { peer: 'cap:x' })).toMatchObject({ code: 'invalid_input' })
  })

  it('is there for one that has retired, and its cursor is held to the log', async () => {
    using daemon = await TestCore.start()
    const [ada, bob] = [daemon.join('ada', { mode: 'pull' }), daemon.join('bob', { mode: 'pull' })]
    bob.call('peers.retire', { reason: 'done' })
    expect(ada.call('events.timeline', { peer: bob.id }).events.map(({ type }) => type)).toContain('peer.retired')
    for (const before of ['k7qm2x.1', daemon.core.store.cursor(9_999)])
      expect(ada.refusal('events.timeline', { peer: 'ada', before })).toMatchObject({ code: 'cursor_expired' })
    expect(ada.call('events.timeline', { peer: 'ada', before: daemon.core.store.cursor(1) })).toMatchObject({ events: [], before: null })
  })

  it('looks through so much of the log at a time, and goes on from there', async () => {
    using daemon = await TestCore.start()
    const ada = daemon.join('ada', { mode: 'pull' })
    const last = daemon.core.store.last('event')
    const far = LIMITS.maxScanned + 1_000
    daemon.run("INSERT INTO events (seq, at, type, audience, changed) VALUES (?, 1, 'outbox.dead', 'admin', '{}')", last + far)
    const page = ada.call('events.timeline', { peer: 'ada' })
    expect(page.events).toEqual([])
    expect(page.before).toBe(daemon.core.store.cursor(last + far - LIMITS.maxScanned + 1))
    expect(ada.call('events.timeline', { peer: 'ada', before: page.before as string }).events.length).toBeGreaterThan(0)
  })
})

describe('a trace', () => {
  it('of what may not be seen tells nothing about its thread', async () => {
    using daemon = await TestCore.start()
    const [ada, cy] = [daemon.join('ada', { mode: 'pull' }), daemon.join('cy', { mode: 'pull' })]
    daemon.join('bob', { mode: 'pull' })
    const { message, thread } = ada.call('threads.ask', { to: 'bob', body: 'a secret' }).sent[0] as Sent
    const refused = cy.refusal('threads.trace', { id: message })
    expect(refused).toMatchObject({ code: 'not_found', id: message })
    expect(JSON.stringify(refused)).not.toContain(thread)
  })

  it('names the causes that may be seen, and stops at the first that may not', async () => {
    using daemon = await TestCore.start()
    const [ada, bob, cy] = [daemon.join('ada', { mode: 'pull' }), daemon.join('bob', { mode: 'pull' }), daemon.join('cy', { mode: 'pull' })]
    const first = ada.call('threads.ask', { to: 'bob', body: 'one', causedBy: null }).sent[0] as Sent
    const second = bob.call('threads.ask', { to: 'cy', body: 'two', causedBy: first.message }).sent[0] as Sent
    const third = cy.call('threads.notify', { to: 'bob', body: 'three', causedBy: second.message }).sent[0] as Sent
    expect(bob.call('threads.trace', { id: third.message }).causes).toEqual([second.message, first.message])
    expect(cy.call('threads.trace', { id: third.message }).causes).toEqual([second.message])
  })
})
