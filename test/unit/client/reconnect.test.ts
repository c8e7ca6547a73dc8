import { beforeEach, describe, expect, it } from 'vitest'
import { backoffMs } from '../../../client/backoff.ts'
import type { Status } from '../../../client/link.ts'
import { MusterError } from '../../../src/errors.ts'
import { hello, type ScriptedServer } from '../../support/scripted-server.ts'
import { createScene, type Scene } from './harness.ts'

let scene: Scene
let server: ScriptedServer
beforeEach(() => {
  scene = createScene()
  server = scene.server
})

describe('the backoff', () => {
  it('doubles up to 15 s', () => {
    expect([0, 1, 2, 3, 4, 5, 6, 7, 1_000].map((tries) => backoffMs(tries, () => 1 - Number.EPSILON))).toEqual(
      [250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000].map((ms) => expect.closeTo(ms, 6)),
    )
  })

  it('is spread over its upper half', () => {
    expect(backoffMs(2, () => 0)).toBe(500)
    expect(backoffMs(2, () => 0.5)).toBe(750)
  })
})

describe('a lost connection', () => {
  it('is told as a sequence of states', async () => {
    const me = await scene.connect()
    const seen: Status[] = []
    const off = me.on('status', (status) => seen.push(status))
    server.reception = 'unreachable'
    server.connection.drop()
    await scene.clock.settle(200)
    server.reception = 'accept'
    await scene.clock.settle(1_000)
    off()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(seen.map(({ state }) => state)).toEqual(['waiting', 'connecting', 'waiting', 'connecting', 'online'])
    expect(seen).toMatchObject([
      { tries: 1, forMs: 187.5, error: { code: 'disconnected' } },
      { tries: 1 },
      { tries: 2, forMs: 375 },
      { tries: 2 },
      { resumed: true },
    ])
  })

  it('is sought again even where a listener throws', async () => {
    const thrown: unknown[] = []
    const onThrown = (error: unknown) => thrown.push(error)
    process.on('unhandledRejection', onThrown)
    const others = process.listeners('unhandledRejection').filter((listener) => listener !== onThrown)
    for (const other of others) process.off('unhandledRejection', other)
    const me = await scene.connect()
    me.on('status', () => {
      throw new Error('in a listener')
    })
    server.connection.drop()
    await scene.clock.settle(1_000)
    process.off('unhandledRejection', onThrown)
    for (const other of others) process.on('unhandledRejection', other)
    expect(me.status.state).toBe('online')
    expect(thrown).toHaveLength(3)
  })

  it('is followed by hello as the consumer again', async () => {
    await scene.connect()
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(server.connection.requests[0]).toMatchObject({ method: 'hello', params: { consume: true } })
  })

  it('begins the backoff anew after 5 s of a good one', async () => {
    const me = await scene.connect()
    for (let round = 0; round < 5; round++) {
      await scene.clock.settle(5_000)
      server.connection.drop()
      await scene.clock.settle(250)
      expect(me.status.state).toBe('online')
    }
  })

  it('right after hello, again and again, is sought less and less often', async () => {
    await scene.connect()
    server.onHello((_params, connection) => {
      connection.close(1011)
      return hello(connection.token)
    })
    server.connection.drop()
    await scene.clock.settle(60_000)
    expect(server.connections.length).toBeLessThan(13)
  })

  it('is left alone for as long as the daemon asks', async () => {
    await scene.connect()
    server.connection.notify('bye', { reason: 'shutting_down', reconnect: true, afterMs: 5_000 })
    server.connection.close(1012)
    await scene.clock.settle(4_999)
    expect(server.connections).toHaveLength(1)
    await scene.clock.settle(1)
    expect(server.connections).toHaveLength(2)
  })

  it.each([1000, 1001, 1006, 1011, 1012, 4408, 4429])('comes back after close code %i', async (code) => {
    const me = await scene.connect()
    server.connection.close(code)
    await scene.clock.settle(1_000)
    expect(me.status).toMatchObject({ state: 'online', resumed: true })
  })

  it.each([
    [4400, 'invalid_frame'],
    [4401, 'unauthenticated'],
    [4406, 'unsupported_protocol'],
    [4409, 'replaced'],
  ])('is over for good after close code %i', async (close, code) => {
    const me = await scene.connect()
    server.connection.close(close)
    await scene.clock.settle(60_000)
    expect(me.status).toMatchObject({ state: 'closed', error: { code } })
    expect(server.connections).toHaveLength(1)
    expect(scene.clock.pending).toBe(0)
  })

  it('is over for good when the daemon says so, whatever the network does then', async () => {
    const me = await scene.connect()
    server.connection.notify('bye', { reason: 'replaced', reconnect: false, afterMs: null })
    server.connection.drop()
    await scene.clock.settle(60_000)
    expect(me.status.state).toBe('closed')
  })

  it('is over for good when hello is refused', async () => {
    const me = await scene.connect()
    server.onHello(() => {
      throw new MusterError('wrong_mode')
    })
    server.connection.drop()
    await scene.clock.settle(60_000)
    expect(me.status).toMatchObject({ state: 'closed', error: { code: 'wrong_mode' } })
    expect(server.connections.map(({ isOpen }) => isOpen)).toEqual([false, false])
  })

  it('ignores what the old connection still says', async () => {
    const me = await scene.connect()
    const old = server.connection
    await scene.clock.settle(75_000) // No sign of life but the pings it asked for, which the server answers.
    expect(old.isOpen).toBe(true)
    old.sendText('nonsense')
    await scene.clock.settle(1_000)
    expect(old.isOpen).toBe(false)
    expect(me.status).toMatchObject({ state: 'online', resumed: true })
  })
})

describe('the heartbeat', () => {
  it('asks for a sign of life where none comes by itself', async () => {
    await scene.connect()
    await scene.clock.settle(29_999)
    expect(server.received('node.ping')).toEqual([])
    await scene.clock.settle(1)
    expect(server.received('node.ping')).toHaveLength(1)
  })

  it('asks for nothing while the server pings', async () => {
    await scene.connect()
    for (let beat = 0; beat < 20; beat++) {
      server.connection.ping()
      await scene.clock.settle(15_000)
    }
    expect(server.received('node.ping')).toEqual([])
  })

  it('gives up a connection that has gone silent, and makes another', async () => {
    const me = await scene.connect()
    server.on('node.ping', () => {
      throw new Error('unreachable')
    })
    const dead = server.connection
    dead.clientSide.send = () => {}
    await scene.clock.settle(74_999)
    expect(me.status.state).toBe('online')
    await scene.clock.settle(1_000)
    expect(server.connections).toHaveLength(2)
    expect(dead.isOpen).toBe(false)
    expect(me.status).toMatchObject({ state: 'online', resumed: true })
  })
})
