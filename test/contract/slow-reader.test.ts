import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Connection } from '../../daemon/gateway/connection.ts'
import { LIMITS } from '../../src/limits.ts'
import { type Member, TestDaemon } from './support/test-daemon.ts'
import type { Wire } from './support/wire.ts'

/** Large enough to fill the kernel's buffers soon, small enough for a frame. */
const LARGE = 'x'.repeat(200_000)

let daemon: TestDaemon
let sender: Wire
let slow: Member

beforeEach(async () => {
  daemon = await TestDaemon.start()
  const me = await daemon.register({ name: 'sender' })
  slow = await daemon.register({ name: 'slow' })
  sender = await daemon.greet(me.token)
})

afterEach(async () => {
  await sender[Symbol.asyncDispose]()
  await daemon.expectHealthy()
  await daemon[Symbol.asyncDispose]()
})

/** What the daemon holds in memory for the connection that consumes. */
function consumer() {
  const found = [...daemon.daemon.core.gateway.connections].filter((link) => link instanceof Connection).find((connection) => connection.consuming)
  if (!found) throw new Error('Nobody consumes')
  return found
}

async function notify(count: number): Promise<void> {
  for (let sent = 0; sent < count; sent += 1) await sender.call('threads.notify', { to: 'slow', body: LARGE, key: `k${sent}` })
}

describe('a reader that does not read', () => {
  it('is parked: it is offered no more, and its mail waits on the disk', async () => {
    await using wire = await daemon.greet(slow.token, { consume: true, prefetch: 1_024 })
    wire.socket.pause()
    await notify(60)
    expect(consumer().parked).toBe(true)
    // What was offered is bounded by what may lie unread, not by what was sent.
    expect(daemon.daemon.core.inFlight()).toBeLessThan(40)
    wire.socket.resume()
    const deliveries = new Set<unknown>()
    for (let received = 0; received < 60; received += 1) deliveries.add((await wire.notification('mailbox.deliver'))['delivery'])
    expect(deliveries.size).toBe(60)
    expect(wire.frames.every((frame) => frame.params?.['redelivered'] !== true)).toBe(true)
  })

  it('is closed when it stays so, and gets everything when it comes back', async () => {
    const wire = await daemon.greet(slow.token, { consume: true, prefetch: 1_024 })
    wire.socket.pause()
    await notify(60)
    // It still shows signs of life, so that the heartbeat has nothing against it.
    const { connections } = daemon.daemon.core.gateway
    for (let beats = 0; beats < 12 && connections.size > 1; beats += 1) {
      for (const connection of connections) if (connection instanceof Connection) connection.onPong()
      daemon.clock.advance(LIMITS.heartbeatMs)
    }
    expect(connections.size).toBe(1)
    wire.socket.resume()
    expect(await wire.closed).toEqual({ code: 4429, reason: 'slow_consumer' })
    expect(wire.frames.at(-1)).toMatchObject({ method: 'bye', params: { reason: 'slow_consumer', reconnect: true } })
    await using again = await daemon.greet(slow.token, { consume: true, prefetch: 1_024 })
    for (let received = 0; received < 60; received += 1) await again.notification('mailbox.deliver')
  })

  it('is closed at once when it asks for more than it may leave unread', async () => {
    const wire = await daemon.greet(slow.token)
    await using consumes = await daemon.greet(slow.token, { consume: true })
    await notify(1)
    const { thread } = (await consumes.notification('mailbox.deliver')) as { thread: { id: string } }
    wire.socket.pause()
    const asked = Math.ceil((3 * LIMITS.closeAtBufferedBytes) / LARGE.length)
    for (let count = 0; count < asked; count += 1) wire.post('threads.get', { thread: thread.id })
    await expect.poll(() => daemon.daemon.core.gateway.connections.size).toBe(2)
    wire.socket.resume()
    expect((await wire.closed).code).toBe(4429)
  })

  it('is cut without a word when it gives no sign of life, and its mail goes to the next', async () => {
    const wire = await daemon.greet(slow.token, { consume: true })
    wire.socket.pause()
    await notify(1)
    const { connections } = daemon.daemon.core.gateway
    for (let beats = 0; beats < 12 && connections.size > 1; beats += 1) {
      await sender.say('node.ping')
      daemon.clock.advance(LIMITS.heartbeatMs)
    }
    expect(connections.size).toBe(1)
    wire.socket.resume()
    expect((await wire.closed).code).toBe(1006)
    await using again = await daemon.greet(slow.token, { consume: true })
    expect(await again.notification('mailbox.deliver')).toMatchObject({ redelivered: true })
  })
})
