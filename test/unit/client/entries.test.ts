import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as browser from '../../../client/browser.ts'
import * as node from '../../../client/index.ts'
import { peer, ScriptedServer } from '../../support/scripted-server.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const CREDENTIAL = { id: 'crd_k7qm2x1', kind: 'peer' as const, peer: null, label: '', createdAt: '2026-01-01T00:00:00.000Z', lastUsedAt: null, revokedAt: null }

let home: string
let clock: VirtualClock
let server: ScriptedServer
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-client-'))
  await mkdir(join(home, 'state'))
  await writeFile(join(home, 'state', 'enrolment.token'), 'enrol-local\n')
  vi.stubEnv('MUSTER_HOME', home)
  for (const name of ['MUSTER_URL', 'MUSTER_TOKEN', 'MUSTER_AS']) vi.stubEnv(name, undefined)
  clock = new VirtualClock()
  server = new ScriptedServer(clock)
  server.on('peers.register', () => ({ peer: peer('me', 1), credential: CREDENTIAL, token: 'minted', resumed: false }))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true })
})

/** Connects over memory, and lets time stand still while files are read. */
async function connected(connecting: Promise<unknown>): Promise<unknown> {
  let settled = false
  const ended = connecting.then(
    (value) => {
      settled = true
      return value
    },
    (error) => {
      settled = true
      return error
    },
  )
  while (!settled) await clock.settle()
  return ended
}

function joined(options: node.JoinOptions = {}): Promise<unknown> {
  return connected(node.connect({ platform: { open: server.open, clock }, ...options }))
}

async function daemonRunsAt(url: string): Promise<void> {
  await writeFile(join(home, 'state', 'daemon.json'), JSON.stringify({ pid: 1, url, startedAt: '', version: '' }))
}

const seen = () => server.connections.map(({ url, token }) => [url, token])
const stored = (file: string) => readFile(join(home, 'state', 'peers', file), 'utf8')

describe('connect() in Node', () => {
  it('joins the daemon of this machine with its files, and resumes from there', async () => {
    await daemonRunsAt('http://127.0.0.1:7000')
    await joined({ name: 'me' })
    expect(await stored('me.token')).toBe('minted\n')
    await joined({ name: 'me' })
    expect(seen()).toEqual([
      ['ws://127.0.0.1:7000/v1/ws', 'enrol-local'],
      ['ws://127.0.0.1:7000/v1/ws', 'minted'],
      ['ws://127.0.0.1:7000/v1/ws', 'minted'],
    ])
  })

  it('looks on the usual port where no daemon has left its address', async () => {
    await joined({ name: 'me' })
    expect(server.connection.url).toBe('ws://127.0.0.1:6878/v1/ws')
  })

  it('takes name, address and enrolment from the environment', async () => {
    vi.stubEnv('MUSTER_AS', 'me')
    vi.stubEnv('MUSTER_URL', 'https://muster.example')
    vi.stubEnv('MUSTER_TOKEN', 'enrol-there')
    await joined()
    expect(seen()[0]).toEqual(['wss://muster.example/v1/ws', 'enrol-there'])
    expect(server.received('peers.register')).toMatchObject([{ name: 'me' }])
    expect(await stored('me@muster.example.token')).toBe('minted\n')
  })

  it('sends the tokens of this machine’s daemon to no other', async () => {
    await daemonRunsAt('http://127.0.0.1:7000')
    await joined({ name: 'me' })
    const before = server.connections.length
    expect(await joined({ name: 'me', url: 'http://127.0.0.1:7001' })).toMatchObject({ code: 'unauthenticated' })
    expect(server.connections).toHaveLength(before)
  })

  it.each(['http://localhost:7000', 'ws://[::1]:7000/'])('knows the daemon of this machine by the address %s', async (url) => {
    await daemonRunsAt('http://127.0.0.1:7000')
    await joined({ name: 'me', url })
    expect(await stored('me.token')).toBe('minted\n')
  })

  it('needs no file with a token of its own', async () => {
    await joined({ token: 'given', url: 'http://127.0.0.1:7000' })
    expect(seen()).toEqual([['ws://127.0.0.1:7000/v1/ws', 'given']])
  })

  it('consumes nothing as a peer in pull mode', async () => {
    await joined({ name: 'me', mode: 'pull' })
    expect(server.connection.requests[0]?.params).toMatchObject({ consume: false })
  })
})

describe('connect() in a browser', () => {
  it('speaks with the token it is given', async () => {
    await connected(browser.connect({ url: 'https://muster.example/', token: 'given', platform: { open: server.open, clock } }))
    expect(seen()).toEqual([['wss://muster.example/v1/ws', 'given']])
  })

  it('registers nobody', async () => {
    expect(await connected(browser.connect({ url: 'https://muster.example', platform: { open: server.open, clock } }))).toMatchObject({
      code: 'unauthenticated',
    })
    expect(server.connections).toEqual([])
  })
})

describe('the entries', () => {
  it('export the same values, but for files, and what asks many', () => {
    expect(Object.keys(browser).sort()).toEqual(['Answer', 'AskError', 'ClientError', 'LATER', 'MusterError', 'connect'])
    expect(Object.keys(node).sort()).toEqual(['Answer', 'AskError', 'ClientError', 'LATER', 'MusterError', 'PipeError', 'connect', 'fileCredentials'])
  })
})
