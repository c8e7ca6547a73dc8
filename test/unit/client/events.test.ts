import { beforeEach, describe, expect, it } from 'vitest'
import { MusterError } from '../../../src/errors.ts'
import { HOLD, type ScriptedServer } from '../../support/scripted-server.ts'
import { createScene, outcome, type Scene } from './harness.ts'

let scene: Scene
let server: ScriptedServer
let subscriptions = 0
beforeEach(() => {
  scene = createScene()
  server = scene.server
  subscriptions = 0
  server.on('events.subscribe', ({ after }) => ({ subscription: `sub${++subscriptions}`, cursor: after ?? 'k7qm2x.100' }))
  server.on('events.unsubscribe', () => ({ ended: true }))
})

function event(seq: number) {
  return { cursor: `k7qm2x.${seq}`, at: '2026-01-01T00:00:00.000Z', type: 'thread.opened', actor: null, circle: null, subject: null, changed: {} }
}

function push(seq: number, subscription = `sub${subscriptions}`): void {
  server.connection.notify('events.event', { subscription, event: event(seq) })
}

describe('events()', () => {
  it('yields what is sent to its subscription, in order', async () => {
    const me = await scene.connect()
    const events = me.events({ types: ['thread'] })
    const first = outcome(events.next())
    await scene.clock.settle()
    expect(server.received('events.subscribe')).toEqual([{ types: ['thread'] }])
    push(101)
    push(999, 'another')
    push(102)
    await scene.clock.settle()
    expect([first.value(), await events.next()].map(({ value }) => value.cursor)).toEqual(['k7qm2x.101', 'k7qm2x.102'])
  })

  it('resumes after the last event it was sent when the connection was lost', async () => {
    const me = await scene.connect()
    const events = me.events()
    outcome(events.next())
    await scene.clock.settle()
    push(101)
    push(102)
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(server.received('events.subscribe')).toEqual([{}, { after: 'k7qm2x.102' }])
    push(103)
    await scene.clock.settle()
    expect([await events.next(), await events.next()].map(({ value }) => value.cursor)).toEqual(['k7qm2x.102', 'k7qm2x.103'])
  })

  it('resumes where it began when nothing had come yet', async () => {
    const me = await scene.connect()
    outcome(me.events().next())
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(server.received('events.subscribe')).toEqual([{}, { after: 'k7qm2x.100' }])
  })

  it('subscribes once more, not twice, when the subscription itself was lost', async () => {
    const me = await scene.connect()
    server.on('events.subscribe', () => HOLD)
    outcome(me.events({ after: 'k7qm2x.7' }).next())
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(server.connection.received('events.subscribe')).toEqual([{ after: 'k7qm2x.7' }])
  })

  it('ends its subscription when the loop is left', async () => {
    const me = await scene.connect()
    const seen: string[] = []
    const loop = (async () => {
      for await (const { cursor } of me.events()) {
        seen.push(cursor)
        break
      }
    })()
    await scene.clock.settle()
    push(101)
    await scene.clock.settle()
    await loop
    expect(seen).toEqual(['k7qm2x.101'])
    expect(server.received('events.unsubscribe')).toEqual([{ subscription: 'sub1' }])
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(server.received('events.subscribe')).toHaveLength(1)
  })

  it('left while the connection is lost does not end a subscription of the next one', async () => {
    const me = await scene.connect()
    const events = me.events()
    outcome(events.next())
    await scene.clock.settle()
    server.connection.drop()
    await scene.clock.settle()
    await events.return?.()
    await scene.clock.settle(1_000)
    expect(server.received('events.unsubscribe')).toEqual([])
    expect(server.received('events.subscribe')).toHaveLength(1)
  })

  it('ends with its signal', async () => {
    const me = await scene.connect()
    const abort = new AbortController()
    const next = outcome(me.events({ signal: abort.signal }).next())
    await scene.clock.settle()
    abort.abort()
    await scene.clock.settle()
    expect(next.value()).toEqual({ done: true, value: undefined })
    expect(outcome(me.events({ signal: abort.signal }).next()).state()).toBe('pending')
    expect(server.received('events.subscribe')).toHaveLength(1)
  })

  it('keeps 1,000 events for a slow reader, then pauses and goes on from there', async () => {
    const me = await scene.connect()
    const events = me.events()
    const first = outcome(events.next())
    await scene.clock.settle()
    push(101)
    await scene.clock.settle()
    expect(first.state()).toBe('resolved')
    for (let seq = 102; seq < 1_110; seq++) push(seq, 'sub1')
    await scene.clock.settle()
    expect(server.received('events.unsubscribe')).toEqual([{ subscription: 'sub1' }])
    for (let seq = 102; seq < 1_102; seq++) expect((await events.next()).value.cursor).toBe(`k7qm2x.${seq}`)
    const more = outcome(events.next())
    await scene.clock.settle()
    expect(server.received('events.subscribe')[1]).toEqual({ after: 'k7qm2x.1101' })
    push(1_102)
    await scene.clock.settle()
    expect(more.value().value.cursor).toBe('k7qm2x.1102')
  })

  it('throws when its cursor has expired, after what had come before', async () => {
    const me = await scene.connect()
    const events = me.events()
    const first = outcome(events.next())
    await scene.clock.settle()
    push(101)
    push(102)
    await scene.clock.settle()
    server.on('events.subscribe', () => {
      throw new MusterError('cursor_expired')
    })
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect([first.value(), await events.next()].map(({ value }) => value.cursor)).toEqual(['k7qm2x.101', 'k7qm2x.102'])
    await expect(events.next()).rejects.toMatchObject({ code: 'cursor_expired' })
  })

  it('ends when the peer is closed, and throws when it was closed by an error', async () => {
    const one = await scene.connect()
    const ended = outcome(one.events().next())
    await scene.clock.settle()
    void one.close()
    await scene.clock.settle()
    expect(ended.value()).toEqual({ done: true, value: undefined })
    const other = await scene.connect()
    const thrown = outcome(other.events().next())
    await scene.clock.settle()
    server.connection.close(4401)
    await scene.clock.settle()
    expect(thrown.error()).toMatchObject({ code: 'unauthenticated' })
  })
})
