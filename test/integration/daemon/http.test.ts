import { chmodSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createTestDaemon } from '../../support/daemon.ts'
import { WireClient } from '../../support/wire-client.ts'

test('health, readiness and metrics answer without a credential', async () => {
  await using daemon = await createTestDaemon()
  const { token } = await daemon.register('a')
  await using client = await daemon.connect(token)
  await client.call('threads.notify', { to: 'a', body: 'n', causedBy: null })
  await client.call('threads.notify', { to: 'nobody', body: 'n' }).catch(() => undefined)
  await client.say('threads.notify', { to: 'a' }).catch(() => undefined)
  expect(await (await fetch(`${daemon.url}/health`)).json()).toMatchObject({ status: 'ok', pid: process.pid })
  expect((await fetch(`${daemon.url}/ready`)).status).toBe(200)
  const metrics = await (await fetch(`${daemon.url}/metrics`)).text()
  expect(metrics).toMatch(/^muster_operations_total\{operation="threads.notify"\} 3$/m)
  expect(metrics).toMatch(/^muster_errors_total\{code="not_found"\} 1$/m)
  expect(metrics).toMatch(/^muster_errors_total\{code="invalid_input"\} 1$/m)
  expect(metrics).toMatch(/^muster_deliveries_waiting 1$/m)
  expect(metrics).toMatch(/^muster_peers\{presence="online"\} 1$/m)
  for (const line of metrics.trim().split('\n')) expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[\w.]+"\})? [\d.e+-]+)$/)
})

test('a full disk makes the daemon unready and says so in its metrics', async () => {
  await using daemon = await createTestDaemon()
  const { token } = await daemon.register('a')
  await using client = await daemon.connect(token)
  const { db } = daemon.daemon.core.store
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`)
  await expect(client.call('threads.notify', { to: 'a', body: 'x'.repeat(200_000), causedBy: null })).rejects.toMatchObject({ code: 'read_only' })
  expect((await fetch(`${daemon.url}/ready`)).status).toBe(503)
  expect(await (await fetch(`${daemon.url}/metrics`)).text()).toMatch(/^muster_read_only 1$/m)
})

test('a page of another site is refused on every door', async () => {
  await using daemon = await createTestDaemon()
  for (const path of ['/health', '/metrics']) {
    expect((await fetch(`${daemon.url}${path}`, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
  }
})

test('an unknown path is a typed error', async () => {
  await using daemon = await createTestDaemon()
  const response = await fetch(`${daemon.url}/nothing?token=secret`)
  expect(response.status).toBe(404)
  expect(await response.json()).toMatchObject({ error: { code: 'not_found', path: '/nothing' } })
})

test('a bad token is refused before the connection opens', async () => {
  await using daemon = await createTestDaemon()
  await expect(WireClient.open(daemon.url, 'mp_nonsense')).rejects.toThrow('HTTP 401')
})

test('the local token files are minted once, repaired where they do not work, and kept where they do', async () => {
  await using first = await createTestDaemon()
  const { home } = first
  const before = [home.token('admin'), home.token('enrolment')]
  await first.daemon.stop()
  chmodSync(home.paths.adminToken, 0o644)
  {
    const again = await createTestDaemon({ home })
    expect([home.token('admin'), home.token('enrolment')]).toEqual(before)
    expect(statSync(home.paths.adminToken).mode & 0o777).toBe(0o600)
    await again.daemon.stop()
  }
  writeFileSync(home.paths.adminToken, 'garbage\n')
  rmSync(home.paths.enrolmentToken)
  const repaired = await createTestDaemon({ home })
  await using admin = await repaired.connect(home.token('admin'))
  expect((await admin.call('node.status', {})).connections).toBe(1)
  await using enrolment = await repaired.connect(home.token('enrolment'))
  await expect(enrolment.call('peers.register', { name: 'o', role: 'orchestrator' })).rejects.toMatchObject({ code: 'forbidden' })
  await repaired.daemon.stop()
})

test('hello says who one is, what the node is, and everything a client must know', async () => {
  await using daemon = await createTestDaemon()
  await using admin = await WireClient.open(daemon.url, daemon.home.token('admin'))
  const hello = await admin.hello()
  expect(hello).toMatchObject({ protocol: 1, you: { kind: 'admin' }, heartbeatMs: 15_000 })
  expect(hello.operations).toContain('threads.ask')
  expect(hello.limits).toMatchObject({ prefetch: 32, maxFrameBytes: 1_048_576 })
})

test('a stop is idempotent and leaves the file of the daemon removed', async () => {
  await using daemon = await createTestDaemon()
  expect(JSON.parse(readFileSync(daemon.home.paths.daemonFile, 'utf8'))).toMatchObject({ url: daemon.url, pid: process.pid })
  await Promise.all([daemon.daemon.stop(), daemon.daemon.stop()])
  expect(() => readFileSync(daemon.home.paths.daemonFile)).toThrow('ENOENT')
})
