import { expect, test } from 'vitest'
import { formatTime } from '../../../src/time.ts'
import { accept } from '../../support/accept.ts'
import { TestCore } from '../../support/test-core.ts'

test('an enrolment mints peers of its roles in its circle, and no others', async () => {
  using daemon = await TestCore.start()
  const { token } = daemon.admin.call('enrolments.create', { circle: 'crew', roles: ['agent'] })
  const wire = daemon.connect(token)
  expect(wire.call('peers.register', { name: 'a' }).peer).toMatchObject({ circle: 'crew', role: 'agent' })
  expect(wire.refusal('peers.register', { name: 'o', role: 'orchestrator' }).code).toBe('forbidden')
  expect(wire.refusal('peers.register', { name: 'p', role: 'person' }).code).toBe('invalid_input')
})

test('an enrolment ends at its time, for new connections and for open ones', async () => {
  using daemon = await TestCore.start()
  const { token } = daemon.admin.call('enrolments.create', { expiresAt: formatTime(daemon.clock.wallMs() + 60_000) })
  const wire = daemon.connect(token)
  daemon.pass(60_000)
  expect(wire.refusal('peers.register', { name: 'a' }).code).toBe('unauthenticated')
  expect(() => daemon.connect(token)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('an enrolment that expires in the past is refused', async () => {
  using daemon = await TestCore.start()
  expect(daemon.admin.refusal('enrolments.create', { expiresAt: formatTime(daemon.clock.wallMs()) }).code).toBe('invalid_input')
})

test('an enrolment with two uses mints two peers, even where three ask in one turn', async () => {
  using daemon = await TestCore.start()
  const wire = daemon.connect(daemon.admin.call('enrolments.create', { maxUses: 2 }).token)
  const ids = ['a', 'b', 'c'].map((name) => wire.post('peers.register', { name }))
  daemon.pass(0)
  expect(ids.map((id) => wire.frames.find((frame) => frame.id === id)?.error?.data.code)).toEqual([undefined, undefined, 'unauthenticated'])
})

test('a revoked enrolment closes its connections and opens no more', async () => {
  using daemon = await TestCore.start()
  const { token, enrolment } = daemon.admin.call('enrolments.create', {})
  const wire = daemon.connect(token)
  daemon.admin.call('enrolments.revoke', { enrolment: enrolment.id })
  expect(wire.closed).toBe(4401)
  expect(wire.take('bye')).toEqual([{ reason: 'unauthenticated', reconnect: false, afterMs: null }])
  expect(() => daemon.connect(token)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('an enrolment credential can do nothing but register and ping', async () => {
  using daemon = await TestCore.start()
  const wire = daemon.connect(daemon.enrolment())
  expect(wire.call('node.ping', {})).toHaveProperty('at')
  for (const [method, params] of [
    ['peers.list', {}],
    ['threads.ask', { to: 'a', body: 'q' }],
    ['node.status', {}],
    ['events.list', {}],
    ['enrolments.create', {}],
  ] as const) {
    expect(wire.refusal(method, params).code).toBe('forbidden')
  }
})

test('a session resumes as the peer that its enrolment minted for it, with one more credential', async () => {
  using daemon = await TestCore.start()
  const wire = daemon.connect(daemon.enrolment())
  const first = wire.call('peers.register', { name: 'a', session: 's-1' })
  const second = wire.call('peers.register', { name: 'other', session: 's-1' })
  expect(second).toMatchObject({ resumed: true, peer: { id: first.peer.id, name: 'a' } })
  expect(second.token).not.toBe(first.token)
  for (const { token } of [first, second]) expect(daemon.connect(token).call('peers.get', { peer: 'a' }).peer.id).toBe(first.peer.id)
})

test('another enrolment cannot resume a session', async () => {
  using daemon = await TestCore.start()
  const mine = daemon.connect(daemon.enrolment()).call('peers.register', { name: 'a', session: 's-1' })
  const other = daemon.connect(daemon.admin.call('enrolments.create', { label: 'other' }).token)
  expect(other.refusal('peers.register', { name: 'a', session: 's-1' })).toMatchObject({ code: 'name_taken' })
  expect(other.call('peers.register', { name: 'b', session: 's-1' })).toMatchObject({ resumed: false, peer: { name: 'b' } })
  expect(mine.peer.name).toBe('a')
})

test('a session whose peer has retired begins anew', async () => {
  using daemon = await TestCore.start()
  const wire = daemon.connect(daemon.enrolment())
  const first = wire.call('peers.register', { name: 'a', session: 's-1' })
  daemon.connect(first.token).call('peers.retire', {})
  const second = wire.call('peers.register', { name: 'a', session: 's-1' })
  expect(second.resumed).toBe(false)
  expect(second.peer.id).not.toBe(first.peer.id)
})

test('a repeated registration with its key is the same peer, with a token that works', async () => {
  using daemon = await TestCore.start()
  const wire = daemon.connect(daemon.enrolment())
  const first = wire.call('peers.register', { name: 'a', key: 'k' })
  const second = wire.call('peers.register', { name: 'a', key: 'k' })
  expect(second).toMatchObject({ resumed: true, peer: { id: first.peer.id } })
  expect(daemon.connect(second.token).hello?.you).toMatchObject({ kind: 'peer' })
})

test('a repeated registration does not bring a retired peer back', async () => {
  using daemon = await TestCore.start()
  const wire = daemon.connect(daemon.enrolment())
  const first = wire.call('peers.register', { name: 'a', key: 'k' })
  daemon.connect(first.token).call('peers.retire', {})
  expect(wire.refusal('peers.register', { name: 'a', key: 'k' }).code).toBe('not_found')
})

test('a name is taken without regard to case, in its circle only', async () => {
  using daemon = await TestCore.start()
  daemon.register('Backend')
  expect(daemon.connect(daemon.enrolment()).refusal('peers.register', { name: 'backend' })).toMatchObject({ code: 'name_taken', name: 'Backend' })
  expect(daemon.register('backend', { circle: 'other' }).peer.name).toBe('backend')
})

test('a peer may hold several credentials, and the end of one leaves the others', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const phone = a.call('credentials.create', { label: 'phone' })
  const second = daemon.connect(phone.token)
  expect(a.call('credentials.list', {}).credentials.map(({ label }) => label)).toEqual(['phone', 'registered'])
  a.call('credentials.revoke', { credential: phone.credential.id })
  expect(second.closed).toBe(4401)
  expect(a.closed).toBeUndefined()
  expect(() => daemon.connect(phone.token)).toThrow(expect.objectContaining({ code: 'unauthenticated' }))
})

test('a peer mints and ends credentials of its own only', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  expect(a.refusal('credentials.create', { peer: 'b' }).code).toBe('forbidden')
  expect(a.refusal('credentials.list', { peer: 'b' }).code).toBe('forbidden')
  const theirs = b.call('credentials.list', {}).credentials[0]?.id ?? ''
  expect(a.refusal('credentials.revoke', { credential: theirs }).code).toBe('not_found')
  expect(b.closed).toBeUndefined()
})

test('a command that meets the end of its credential in one batch is refused and changes nothing', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.join('b')
  const credential = a.call('credentials.list', {}).credentials[0]?.id ?? ''
  daemon.admin.post('credentials.revoke', { credential })
  const ask = a.post('threads.ask', { to: 'b', body: 'q' })
  daemon.pass(0)
  expect(a.replied(ask)).toBe(false)
  expect(a.closed).toBe(4401)
  expect(daemon.rows('SELECT * FROM threads')).toEqual([])
})

test('what a connection sends after the daemon has closed it is not heard', async () => {
  using daemon = await TestCore.start()
  const { token } = daemon.register('a')
  const slow = accept(daemon.core, token, {
    send: () => undefined,
    close: () => undefined,
    terminate: () => undefined,
    ping: () => undefined,
    bufferedBytes: 0,
  })
  daemon.pass(10_000)
  slow?.onText('{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"client":"late"}}')
  daemon.pass(0)
  expect(daemon.admin.call('peers.get', { peer: 'a@main' }).peer.presence).toBe('offline')
})

test('tokens are stored as hashes only', async () => {
  using daemon = await TestCore.start()
  const { token } = daemon.register('a')
  const tables = daemon.rows<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'").map(({ name }) => name)
  const text = tables.map((table) => JSON.stringify(daemon.rows(`SELECT * FROM ${table}`))).join('\n')
  for (const secret of [token, daemon.enrolment()]) expect(text).not.toContain(secret.slice(3))
})
