import { once } from 'node:events'
import { statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { DaemonProcess, registerPeer, TestHome } from '../../support/daemon.ts'
import { WireClient } from '../../support/wire-client.ts'

test('what was confirmed before a kill -9 is there after the restart, delivered in order', async () => {
  const home = new TestHome()
  let tokens: { a: string; b: string }
  const bodies: string[] = []
  {
    const daemon = new DaemonProcess(home)
    const url = await daemon.url()
    const [a, b] = [await registerPeer(url, home.token('enrolment'), 'a'), await registerPeer(url, home.token('enrolment'), 'b')]
    tokens = { a: a.token, b: b.token }
    const sender = await WireClient.greet(url, a.token)
    await Promise.all(
      Array.from({ length: 200 }, async (_, n) => {
        await sender.call('threads.notify', { to: 'b', body: `${n}`, causedBy: null })
        bodies.push(`${n}`)
        if (n === 120) daemon.child.kill('SIGKILL')
      }),
    ).catch(() => undefined)
    expect(await daemon.end()).toEqual({ code: null, signal: 'SIGKILL' })
    expect(daemon.hasDaemonFile).toBe(true)
  }
  await using again = new DaemonProcess(home)
  const url = await again.url()
  await using reader = await WireClient.greet(url, tokens.b, { consume: true, prefetch: 1_000 })
  const seen: string[] = []
  while (seen.length < bodies.length) {
    const { delivery, message, redelivered } = (await reader.next('mailbox.deliver')) as { delivery: string; message: { body: string }; redelivered: boolean }
    expect(redelivered).toBe(true)
    seen.push(message.body)
    await reader.call('mailbox.ack', { deliveries: [delivery] })
  }
  expect(seen).toEqual(expect.arrayContaining(bodies))
  expect(seen.map(Number)).toEqual([...seen.map(Number)].sort((x, y) => x - y))
  await using admin = await WireClient.greet(url, home.token('admin'))
  expect((await admin.call('peers.get', { peer: 'a' })).peer.presence).toBe('offline')
})

test('SIGTERM stops in order: the clients are told to come back, the file is removed, the exit status is 0', async () => {
  await using daemon = new DaemonProcess(new TestHome())
  const url = await daemon.url()
  const client = await WireClient.greet(url, daemon.home.token('admin'))
  expect(daemon.hasDaemonFile).toBe(true)
  const ended = daemon.end('SIGTERM')
  expect(await client.next('bye')).toMatchObject({ reason: 'shutting_down', reconnect: true })
  expect((await client.closed).code).toBe(1012)
  expect(await ended).toEqual({ code: 0, signal: null })
  expect(daemon.hasDaemonFile).toBe(false)
})

test('a second signal does not wait for a client that never closes', async () => {
  await using daemon = new DaemonProcess(new TestHome())
  const url = await daemon.url()
  const { hostname, port } = new URL(url)
  const silent = connect(Number(port), hostname)
  const head = `GET /v1/ws HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n`
  silent.write(
    `${head}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: muster.v1\r\nAuthorization: Bearer ${daemon.home.token('admin')}\r\n\r\n`,
  )
  await once(silent, 'data')
  daemon.child.kill('SIGTERM')
  // The goodbye has come, so the first signal has been handled.
  await once(silent, 'data')
  expect(await daemon.end('SIGTERM')).toEqual({ code: null, signal: 'SIGTERM' })
  silent.destroy()
})

test.each([
  ['a port that is none', { MUSTER_PORT: '99999' }, undefined, /MUSTER_PORT/],
  ['a durability that is none', { MUSTER_DURABILITY: 'maybe' }, undefined, /MUSTER_DURABILITY/],
  ['a file that is not JSON', {}, '{', /config\.json is not JSON/],
  ['a setting that does not exist', {}, '{"colour": "red"}', /config\.json.*colour/],
  ['a bind beyond loopback', { MUSTER_HOST: '0.0.0.0' }, undefined, /not a loopback address/],
] as const)('%s stops the start with exit status 78 and says where it stands', async (_name, env, file, message) => {
  const home = new TestHome()
  if (file !== undefined) writeFileSync(home.paths.config, file)
  await using daemon = new DaemonProcess(home, env)
  expect((await daemon.end()).code).toBe(78)
  expect(daemon.stderr).toMatch(message)
})

test('a second daemon on one home ends with exit status 69 and leaves the first alone', async () => {
  const home = new TestHome()
  await using first = new DaemonProcess(home)
  const url = await first.url()
  const { token } = await registerPeer(url, home.token('enrolment'), 'a')
  await using client = await WireClient.greet(url, token)
  const second = new DaemonProcess(home)
  expect((await second.end()).code).toBe(69)
  expect(second.stderr).toMatch(/Another daemon uses/)
  expect((await client.call('peers.get', { peer: 'a' })).peer.presence).toBe('online')
  expect(first.hasDaemonFile).toBe(true)
})

test('a port that is taken ends the start with exit status 69', async () => {
  await using first = new DaemonProcess(new TestHome())
  const { port } = new URL(await first.url())
  await using second = new DaemonProcess(new TestHome(), { MUSTER_PORT: port })
  expect((await second.end()).code).toBe(69)
  expect(second.stderr).toContain(port)
})

test('the log has ids and neither bodies nor tokens', async () => {
  await using daemon = new DaemonProcess(new TestHome(), { MUSTER_LOG_LEVEL: 'debug' })
  const url = await daemon.url()
  const { id, token } = await registerPeer(url, daemon.home.token('enrolment'), 'a')
  const client = await WireClient.greet(url, token)
  await client.call('threads.notify', { to: 'a', body: 'BODY', causedBy: null })
  await daemon.end('SIGTERM')
  expect(daemon.stdout).toContain(id)
  for (const secret of ['BODY', token, daemon.home.token('admin')]) expect(daemon.stdout).not.toContain(secret)
})

test('token files and the database are for their owner alone', async () => {
  await using daemon = new DaemonProcess(new TestHome())
  await daemon.url()
  const { paths } = daemon.home
  for (const file of [paths.adminToken, paths.enrolmentToken, paths.daemonFile, paths.database])
    expect([file, statSync(file).mode & 0o777]).toEqual([file, 0o600])
})

test('who calls as soon as a port is open waits for what is loaded behind it, and is answered', async () => {
  const home = new TestHome()
  const first = new DaemonProcess(home)
  const url = await first.url()
  expect(await first.end('SIGTERM')).toEqual({ code: 0, signal: null })
  await using again = new DaemonProcess(home, { MUSTER_PORT: new URL(url).port })
  const signal = AbortSignal.timeout(30_000)
  let wire: WireClient | undefined
  while (!wire) {
    signal.throwIfAborted()
    // Nothing but a port that is not open yet may keep a caller out.
    wire = await WireClient.greet(url, home.token('admin')).catch((error: Error) => void expect(error.message).toContain('ECONNREFUSED'))
  }
  expect(await wire.call('node.status', {})).toMatchObject({ connections: 1 })
  await wire[Symbol.asyncDispose]()
  expect(await again.url()).toBe(url)
})
