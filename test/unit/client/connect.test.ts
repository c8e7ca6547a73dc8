import { beforeEach, describe, expect, it } from 'vitest'
import type { CredentialStore } from '../../../client/credentials.ts'
import { MusterError } from '../../../src/errors.ts'
import { HOLD, peer, type ScriptedServer } from '../../support/scripted-server.ts'
import { createScene, outcome, type Scene } from './harness.ts'

let scene: Scene
let server: ScriptedServer
beforeEach(() => {
  scene = createScene()
  server = scene.server
})

class MemoryCredentials implements CredentialStore {
  readonly where = '/state/peers/me.token'
  token: string | undefined
  constructor(token?: string) {
    this.token = token
  }
  async load(): Promise<string | undefined> {
    return this.token
  }
  async save(token: string): Promise<void> {
    this.token = token
  }
}

const CREDENTIAL = { id: 'crd_k7qm2x1', kind: 'peer' as const, peer: null, label: '', createdAt: '2026-01-01T00:00:00.000Z', lastUsedAt: null, revokedAt: null }

function registers(token: string): void {
  server.on('peers.register', () => ({ peer: peer('me', 1), credential: CREDENTIAL, token, resumed: false }))
}

describe('the first join', () => {
  it('registers with the enrolment token, keeps the credential and comes back as the peer', async () => {
    registers('mine')
    const credentials = new MemoryCredentials()
    const me = await scene.connect({ name: 'me', enrolment: 'enrol', credentials, capabilities: ['review'], role: 'service', prefetch: 4 })
    expect(server.connections.map(({ token, url }) => [token, url])).toEqual([
      ['enrol', 'ws://127.0.0.1:6878/v1/ws'],
      ['mine', 'ws://127.0.0.1:6878/v1/ws'],
    ])
    expect(credentials.token).toBe('mine')
    expect(server.received('peers.register')[0]).toMatchObject({ name: 'me', role: 'service', capabilities: ['review'], key: expect.any(String) })
    expect(server.connections[0]?.closedWith).toBe(1000)
    expect(server.connection.requests[0]).toMatchObject({ method: 'hello', params: { protocol: 1, consume: true, prefetch: 4 } })
    expect(me.status).toMatchObject({ state: 'online', resumed: false })
  })

  it('repeats the registration with the same key when the reply is lost', async () => {
    server.on('peers.register', (_params, connection) => {
      connection.drop()
      return HOLD
    })
    const joining = outcome(scene.begin({ name: 'me', enrolment: 'enrol' }))
    await scene.clock.settle()
    expect(joining.state()).toBe('pending')
    registers('mine')
    await scene.clock.settle(1_000)
    expect(joining.state()).toBe('resolved')
    const keys = server.received('peers.register').map(({ key }) => key)
    expect(keys).toEqual([keys[0], keys[0]])
  })

  it('takes the credential that another process of this name has just stored', async () => {
    const credentials = new MemoryCredentials()
    server.on('peers.register', () => {
      credentials.token = 'theirs'
      throw new MusterError('name_taken')
    })
    await scene.connect({ name: 'me', enrolment: 'enrol', credentials })
    expect(server.connection.token).toBe('theirs')
  })

  it('says that the name is taken', async () => {
    server.on('peers.register', () => {
      throw new MusterError('name_taken')
    })
    await expect(scene.connect({ name: 'me', enrolment: 'enrol', credentials: new MemoryCredentials() })).rejects.toMatchObject({ code: 'name_taken' })
  })

  it('needs a credential or an enrolment token', async () => {
    await expect(scene.connect({ name: 'me' })).rejects.toMatchObject({ code: 'unauthenticated', details: { hint: expect.stringContaining('enrolment') } })
    expect(server.connections).toEqual([])
  })

  it('needs a name', async () => {
    await expect(scene.connect({ enrolment: 'enrol' })).rejects.toBeInstanceOf(TypeError)
  })
})

describe('a stored credential', () => {
  it('resumes without registering', async () => {
    await scene.connect({ name: 'me', credentials: new MemoryCredentials('mine') })
    expect(server.connections.map(({ token }) => token)).toEqual(['mine'])
  })

  it('that the daemon refuses is replaced by registering anew', async () => {
    registers('new')
    server.reception = { status: 401 }
    const credentials = new MemoryCredentials('old')
    const joining = scene.begin({ name: 'me', enrolment: 'enrol', credentials })
    while (server.connections.length === 0) await Promise.resolve()
    server.reception = 'accept'
    await scene.clock.settle()
    await joining
    expect(server.connections.map(({ token }) => token)).toEqual(['old', 'enrol', 'new'])
    expect(credentials.token).toBe('new')
  })

  it('that the daemon refuses is named when registering does not work either', async () => {
    server.reception = { status: 401 }
    const failure = outcome(scene.begin({ name: 'me', enrolment: 'enrol', credentials: new MemoryCredentials('old') }))
    await scene.clock.settle()
    expect(failure.error()).toMatchObject({ code: 'unauthenticated', details: { file: '/state/peers/me.token' } })
    expect(failure.error().message).toContain('/state/peers/me.token')
  })

  it('that is revoked while connected ends the peer for good, and no new one is registered', async () => {
    const me = await scene.connect({ name: 'me', enrolment: 'enrol', credentials: new MemoryCredentials('mine') })
    server.connection.close(4401)
    await scene.clock.settle(60_000)
    expect(me.status).toMatchObject({ state: 'closed', error: { code: 'unauthenticated' } })
    expect(server.connections).toHaveLength(1)
  })
})

describe('connecting', () => {
  it('with a refused token fails at once', async () => {
    server.reception = { status: 401 }
    await expect(scene.connect({ token: 'wrong' })).rejects.toMatchObject({ code: 'unauthenticated' })
  })

  it('waits for a daemon that is not there yet', async () => {
    server.reception = 'unreachable'
    const joining = scene.begin({ token: 'token', timeoutMs: 60_000 })
    await scene.clock.settle(20_000)
    expect(server.connections.length).toBeGreaterThan(4)
    server.reception = 'accept'
    await scene.clock.settle(20_000)
    expect((await joining).status.state).toBe('online')
  })

  it('gives up in time, saying what was wrong', async () => {
    server.reception = 'unreachable'
    const joining = outcome(scene.begin({ token: 'token' }))
    await scene.clock.settle(29_999)
    expect(joining.state()).toBe('pending')
    await scene.clock.settle(1)
    expect(joining.error()).toMatchObject({ code: 'disconnected', cause: { message: 'The network failed' } })
    expect(scene.clock.pending).toBe(0)
  })

  it('tries once where the patience is 0', async () => {
    server.reception = 'unreachable'
    await expect(scene.connect({ token: 'token', timeoutMs: 0 })).rejects.toMatchObject({ code: 'disconnected' })
    expect(server.connections).toHaveLength(1)
    expect(scene.clock.pending).toBe(0)
  })

  it('is given up by a signal', async () => {
    server.reception = 'silent'
    const abort = new AbortController()
    const joining = outcome(scene.begin({ token: 'token', signal: abort.signal }))
    await scene.clock.settle()
    abort.abort()
    await scene.clock.settle()
    expect(joining.error()).toMatchObject({ code: 'aborted' })
    expect(server.connection.isOpen).toBe(false)
  })

  it('does not wait for ever for the answer to hello', async () => {
    server.reception = 'silent'
    void scene.begin({ token: 'token', timeoutMs: 15_000 }).catch(() => {})
    await scene.clock.settle(10_000)
    server.reception = 'accept'
    await scene.clock.settle(2_000)
    expect(server.connections.map(({ isOpen }) => isOpen)).toEqual([false, true])
  })

  it('asks anew where the daemon is before each connection, and keeps the path of a proxy', async () => {
    const urls = ['https://one.example/muster/', 'http://127.0.0.1:7000']
    await scene.connect({ token: 'token', url: () => urls.shift() as string })
    server.connection.drop()
    await scene.clock.settle(1_000)
    expect(server.connections.map(({ url }) => url)).toEqual(['wss://one.example/muster/v1/ws', 'ws://127.0.0.1:7000/v1/ws'])
  })

  it('tells the daemon what a resumed peer has learned since', async () => {
    await scene.connect({ token: 'token', capabilities: ['review'], description: '' })
    expect(server.received('peers.describe')).toEqual([{ capabilities: ['review'], description: '' }])
  })
})
