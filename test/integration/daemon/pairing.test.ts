import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { loadConfig } from '../../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../../daemon/main.ts'
import type { Input, OperationName, Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import { HttpClient } from '../../contract/support/http-client.ts'
import { SteppedClock } from '../../contract/support/stepped-clock.ts'

let home: string
let daemon: Daemon
let clock: SteppedClock
let warnings: unknown[]

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-pairing-'))
  clock = new SteppedClock()
  warnings = []
  await start()
})
afterEach(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

async function start(): Promise<void> {
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: (...said: unknown[]) => warnings.push(said), error: quiet }
  daemon = await startDaemon({ config: loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0' }, home), log, clock, onFatal: quiet })
}

const until = (isSo: () => Promise<boolean>) => vi.waitUntil(isSo, { timeout: 20_000, interval: 5 })
const token = (name: 'adminToken' | 'enrolmentToken') => readFileSync(loadConfig({ MUSTER_HOME: home }, home).paths[name], 'utf8').trim()
const as = (who?: string) => new HttpClient(daemon.url, who)
const admin = () => as(token('adminToken'))

async function refusal<N extends OperationName>(who: string | undefined, operation: N, input: Input<N>): Promise<string> {
  try {
    await as(who).call(operation, input)
    return 'accepted'
  } catch (error) {
    return (error as { code: string }).code
  }
}

interface Paired extends Output<'pairings.redeem'> {
  readonly id: string
}

/** Up to where a device waits to be confirmed. */
async function redeem(by: string, device: string, input: Input<'pairings.begin'> = {}): Promise<Paired> {
  const { pairing, code } = await as(by).call('pairings.begin', input)
  return { ...(await as().call('pairings.redeem', { code, device })), id: pairing.id }
}

async function pair(by: string, confirmedBy: string, device: string, input: Input<'pairings.begin'> = {}): Promise<string> {
  const waiting = await redeem(by, device, input)
  await as(confirmedBy).call('pairings.confirm', { pairing: waiting.id, comparison: waiting.pairing.comparison ?? '' })
  return waiting.token
}
const first = () => pair(token('adminToken'), token('adminToken'), 'phone')

async function agent(name = 'bob'): Promise<{ readonly id: string; readonly token: string }> {
  const { peer, token: own } = await as(token('enrolmentToken')).call('peers.register', { name, mode: 'pull' })
  return { id: peer.id, token: own }
}

const typesOf = async () => (await admin().call('events.list', { limit: 200 })).events.map(({ type }) => type)

describe('a pairing', () => {
  it('makes the first person, once its digits are confirmed and not before', async () => {
    const waiting = await redeem(token('adminToken'), "Ann's phone")
    expect(waiting.pairing).toMatchObject({ state: 'redeemed', first: true, person: 'owner', comparison: expect.stringMatching(/^\d{4}$/) })
    expect(await refusal(waiting.token, 'devices.list', {})).toBe('unauthenticated')
    const { pairing } = await admin().call('pairings.confirm', { pairing: waiting.id, comparison: waiting.pairing.comparison ?? '' })
    expect(pairing).toMatchObject({ state: 'paired', comparison: null })
    const { devices } = await as(waiting.token).call('devices.list', {})
    expect(devices).toMatchObject([{ name: "Ann's phone", first: true, person: { name: 'owner', role: 'person' } }])
    expect(await typesOf()).toEqual(expect.arrayContaining(['pairing.begun', 'pairing.redeemed', 'pairing.paired']))
    expect(JSON.stringify(warnings)).toMatch(/"first":true.*a device was paired/)
  })

  it('lets a person into every circle, also those that come', async () => {
    await admin().call('circles.create', { name: 'before' })
    const phone = await first()
    await admin().call('circles.create', { name: 'after' })
    const { circles } = await as(phone).call('circles.list', {})
    expect(circles.map(({ name }) => name)).toEqual(expect.arrayContaining(['main', 'before', 'after']))
  })

  it('is told to the person whose device it is going to be, and one that makes a person to the first there is', async () => {
    const phone = await first()
    const eventsOf = async () => (await as(phone).call('events.list', { types: ['pairing'], limit: 200 })).events.map(({ type }) => type)
    const before = await eventsOf()
    await pair(token('adminToken'), phone, 'tablet')
    await redeem(token('adminToken'), 'laptop', { person: 'ben' })
    expect((await eventsOf()).slice(before.length)).toEqual([
      ...['pairing.begun', 'pairing.redeemed', 'pairing.paired'],
      ...['pairing.begun', 'pairing.redeemed'],
    ])
  })

  it('adds a device of the same person when one that is paired says so', async () => {
    const phone = await first()
    const tablet = await pair(token('adminToken'), phone, 'tablet')
    const { devices } = await as(tablet).call('devices.list', {})
    expect(devices.map(({ name, first: isFirst, person }) => [name, isFirst, person.name])).toEqual([
      ['tablet', false, 'owner'],
      ['phone', true, 'owner'],
    ])
    const laptop = await pair(phone, tablet, 'laptop', { person: 'ann' })
    expect((await as(laptop).call('devices.list', {})).devices).toMatchObject([{ person: { name: 'ann' } }])
  })

  it('is redeemed by one of two that come at the same moment, and says that there were two', async () => {
    const { pairing, code } = await admin().call('pairings.begin', {})
    const codes = await Promise.all(['one', 'two', 'three'].map((device) => refusal(undefined, 'pairings.redeem', { code, device })))
    expect(codes.sort()).toEqual(['accepted', 'already_closed', 'already_closed'])
    const shown = async () => (await admin().call('pairings.list', {})).pairings.find(({ id }) => id === pairing.id)
    await until(async () => (await shown())?.reused === 2)
    expect(await shown()).toMatchObject({ state: 'redeemed', reused: 2 })
  })

  it('is under way once, also of several that are begun at the same moment', async () => {
    const begun = await Promise.all([1, 2, 3].map(() => admin().call('pairings.begin', {})))
    const states = (await admin().call('pairings.list', {})).pairings.map(({ state }) => state)
    expect(states.sort()).toEqual(['ended', 'ended', 'open'])
    const codes = await Promise.all(begun.map(({ code }) => refusal(undefined, 'pairings.redeem', { code, device: 'x' })))
    expect(codes.sort()).toEqual(['accepted', 'not_found', 'not_found'])
  })

  it('takes a code as people type it, and knows a slip from a guess', async () => {
    const { code } = await admin().call('pairings.begin', {})
    const wrong = `${code.slice(0, -1)}${code.endsWith('0') ? '1' : '0'}`
    for (let n = 0; n < 20; n += 1) expect(await refusal(undefined, 'pairings.redeem', { code: wrong, device: 'x' })).toBe('invalid_input')
    expect(await refusal(undefined, 'pairings.redeem', { code: ` ${code.toLowerCase().replace('-', ' ')} `, device: 'x' })).toBe('accepted')
  })

  it('ends after five minutes, with a restart, with another one, and when it is cancelled', async () => {
    const states = async () => (await admin().call('pairings.list', {})).pairings.map(({ state, reason }) => `${state}: ${reason}`)
    const old = await admin().call('pairings.begin', {})
    const next = await redeem(token('adminToken'), 'x')
    expect(await refusal(undefined, 'pairings.redeem', { code: old.code, device: 'x' })).toBe('not_found')
    await daemon.stop()
    await start()
    expect(await refusal(token('adminToken'), 'pairings.confirm', { pairing: next.id, comparison: next.pairing.comparison ?? '' })).toBe('already_closed')
    const third = await redeem(token('adminToken'), 'x')
    await admin().call('pairings.cancel', { pairing: third.id })
    expect(await refusal(third.token, 'devices.list', {})).toBe('unauthenticated')
    const late = await admin().call('pairings.begin', {})
    clock.advance(LIMITS.pairingMs + 1)
    expect(await refusal(undefined, 'pairings.redeem', { code: late.code, device: 'x' })).toBe('not_found')
    await until(async () => (await states())[0] === 'ended: Nobody finished it in time.')
    expect((await states()).slice(1)).toEqual(['ended: It was cancelled.', 'ended: The daemon was restarted.', 'ended: Another pairing was begun.'])
  })
})

describe('a device', () => {
  it('that is revoked loses its connections at once, and can do nothing more', async () => {
    const phone = await first()
    const tablet = await pair(phone, phone, 'tablet')
    const socket = await hello(tablet)
    const [device] = (await as(tablet).call('devices.list', {})).devices
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    await as(phone).call('devices.revoke', { device: device?.id ?? '' })
    expect(await closed).toBe(4401)
    expect(await refusal(tablet, 'devices.list', {})).toBe('unauthenticated')
    expect(await refusal(phone, 'devices.list', {})).toBe('accepted')
  })

  it('is not seen by another person', async () => {
    const phone = await first()
    const anns = await pair(phone, phone, 'ann', { person: 'ann' })
    const [mine] = (await as(phone).call('devices.list', {})).devices
    expect(await refusal(anns, 'devices.revoke', { device: mine?.id ?? '' })).toBe('not_found')
    expect(await refusal(anns, 'devices.rename', { device: mine?.id ?? '', name: 'mine' })).toBe('not_found')
  })
})

describe('an action', () => {
  const body = 'Go ahead.'
  const notify = (to: string) => ({ operation: 'threads.notify', input: { to, body } })

  it('is done once, in the name of the person who approves it', async () => {
    const phone = await first()
    const bob = await agent()
    const { action, code } = await admin().call('actions.propose', notify('bob'))
    expect((await as(phone).call('actions.list', {})).actions).toMatchObject([{ id: action.id, input: { to: 'bob', body }, state: 'waiting' }])
    expect((await as(phone).call('actions.approve', { action: action.id, code })).action).toMatchObject({ state: 'done' })
    expect(await refusal(phone, 'actions.approve', { action: action.id, code })).toBe('already_closed')
    const { items } = await as(bob.token).call('mailbox.inbox', {})
    expect(items).toMatchObject([{ message: { body, from: { name: 'owner', role: 'person' } } }])
  })

  it('is approved by its person alone, with the digits that the terminal shows', async () => {
    const phone = await first()
    const anns = await pair(phone, phone, 'ann', { person: 'ann' })
    const bob = await agent()
    const { action, code } = await as(bob.token).call('actions.propose', { ...notify('bob'), person: 'owner' })
    expect(await refusal(bob.token, 'actions.approve', { action: action.id, code })).toBe('forbidden')
    expect(await refusal(token('adminToken'), 'actions.approve', { action: action.id, code })).toBe('forbidden')
    expect(await refusal(anns, 'actions.approve', { action: action.id, code })).toBe('not_found')
    const wrong = code === '0000' ? '0001' : '0000'
    for (const expected of ['forbidden', 'forbidden', 'already_closed'])
      expect(await refusal(phone, 'actions.approve', { action: action.id, code: wrong })).toBe(expected)
    expect(await refusal(phone, 'actions.approve', { action: action.id, code })).toBe('already_closed')
    expect((await as(bob.token).call('mailbox.inbox', {})).items).toEqual([])
  })

  it('that the operation refuses is refused, and waits on', async () => {
    const phone = await first()
    const { action, code } = await admin().call('actions.propose', notify('nobody'))
    expect(await refusal(phone, 'actions.approve', { action: action.id, code })).toBe('not_found')
    await agent('nobody')
    expect(await refusal(phone, 'actions.approve', { action: action.id, code })).toBe('accepted')
  })

  it.each([
    'pairings.begin',
    'credentials.create',
    'enrolments.spawn',
    'devices.revoke',
    'actions.approve',
    'passphrase.clear',
    'channels.bind',
    'push.subscribe',
    'circles.create',
    'peers.list',
    'nothing.at_all',
  ])('is never %s', async (operation) => {
    await first()
    expect(await refusal(token('adminToken'), 'actions.propose', { operation })).toBe('invalid_input')
  })

  it('is refused where its input would be, and where too many wait', async () => {
    await first()
    const bob = await agent()
    expect(await refusal(bob.token, 'actions.propose', { operation: 'threads.notify', input: { body: 1 } })).toBe('invalid_input')
    for (let n = 0; n < LIMITS.maxProposedActions; n += 1) await as(bob.token).call('actions.propose', notify('bob'))
    expect(await refusal(bob.token, 'actions.propose', notify('bob'))).toBe('too_many_requests')
  })
})

describe('whoever has every file of the daemon', () => {
  /** All that lies below MUSTER_HOME, as one text. */
  function everything(folder = home): string {
    return readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => !path.endsWith('.sock'))
      .map((path) => (statSync(path).isDirectory() ? everything(path) : readFileSync(path, 'latin1')))
      .join('\n')
  }

  it('finds neither code nor token of a device in them', async () => {
    const { code } = await admin().call('pairings.begin', {})
    const { token: phone, pairing } = await as().call('pairings.redeem', { code, device: 'phone' })
    const plain = code.replace('-', '').toLowerCase()
    for (const secret of [code, plain, phone, phone.slice(3, 27), phone.slice(27)]) expect(everything()).not.toContain(secret)
    await admin().call('pairings.confirm', { pairing: pairing.id, comparison: pairing.comparison ?? '' })
    for (const secret of [phone, phone.slice(3, 27), phone.slice(27)]) expect(everything()).not.toContain(secret)
  })

  it('becomes no person by them once there is one', async () => {
    const phone = await first()
    const person = (await as(phone).call('devices.list', {})).devices[0]?.person.id ?? ''
    const bob = await agent()
    const known = [token('adminToken'), token('enrolmentToken'), bob.token, ...new Set(everything().match(/\bm[pae]_[0-9a-z]{48}\b/g) ?? [])]
    expect(known.length).toBeGreaterThan(3)
    const roles = ['person'] as unknown as ['agent']
    for (const holder of known) {
      expect(await refusal(holder, 'credentials.create', { peer: person })).not.toBe('accepted')
      expect(await refusal(holder, 'enrolments.create', { roles })).not.toBe('accepted')
      expect(await refusal(holder, 'enrolments.spawn', { roles })).not.toBe('accepted')
      expect(await refusal(holder, 'peers.register', { name: 'boss', role: 'person' as 'agent' })).not.toBe('accepted')
      expect(await refusal(holder, 'peers.register', { name: 'owner', session: 'x' })).not.toBe('accepted')
    }
    expect((await admin().call('peers.list', { role: 'person' })).peers).toHaveLength(1)
  })

  it('confirms no device of its own, as the administrator, and cannot make another first one', async () => {
    const phone = await first()
    const mine = await redeem(token('adminToken'), 'mine')
    expect(mine.pairing.first).toBe(false)
    expect(await refusal(token('adminToken'), 'pairings.confirm', { pairing: mine.id, comparison: mine.pairing.comparison ?? '' })).toBe('forbidden')
    expect(await refusal(mine.token, 'devices.list', {})).toBe('unauthenticated')
    await until(async () => (await typesOf()).includes('pairing.refused'))
    // Not even once every device is revoked and the person has retired.
    for (const { id } of (await admin().call('devices.list', {})).devices) await admin().call('devices.revoke', { device: id })
    await admin().call('peers.retire', { peer: 'owner' })
    expect(await refusal(phone, 'devices.list', {})).toBe('unauthenticated')
    const again = await redeem(token('adminToken'), 'mine', { person: 'boss' })
    expect(again.pairing.first).toBe(false)
    expect(await refusal(token('adminToken'), 'pairings.confirm', { pairing: again.id, comparison: again.pairing.comparison ?? '' })).toBe('forbidden')
  })

  it('has nothing to do with pairings as an agent', async () => {
    const { token: bob } = await agent()
    const waiting = await redeem(token('adminToken'), 'phone')
    const named = { pairing: waiting.id, comparison: waiting.pairing.comparison ?? '' }
    expect(await refusal(bob, 'pairings.begin', {})).toBe('forbidden')
    expect(await refusal(bob, 'pairings.confirm', named)).toBe('forbidden')
    expect(await refusal(bob, 'pairings.cancel', { pairing: waiting.id })).toBe('forbidden')
    expect(await refusal(bob, 'pairings.list', {})).toBe('forbidden')
    expect(await refusal(bob, 'devices.list', {})).toBe('forbidden')
    expect(await refusal(bob, 'actions.list', {})).toBe('forbidden')
  })

  it('guesses five codes, and the pairing is over', async () => {
    const { code } = await admin().call('pairings.begin', {})
    const guesses = validCodes().filter((guess) => guess !== code)
    for (const guess of guesses.slice(0, LIMITS.maxWrongCodes))
      expect(await refusal(undefined, 'pairings.redeem', { code: guess, device: 'x' })).toBe('not_found')
    expect(await refusal(undefined, 'pairings.redeem', { code, device: 'x' })).toBe('not_found')
    await until(async () => (await admin().call('pairings.list', {})).pairings[0]?.reason === 'Too many wrong codes were tried.')
  })

  it('guesses no more than ten a minute, all at once or one after the other', async () => {
    await admin().call('pairings.begin', {})
    const codes = await Promise.all(
      validCodes()
        .slice(0, 40)
        .map((code) => refusal(undefined, 'pairings.redeem', { code, device: 'x' })),
    )
    expect(codes.filter((code) => code === 'not_found')).toHaveLength(LIMITS.wrongCodesPerMinute)
    expect(codes.filter((code) => code === 'too_many_requests')).toHaveLength(30)
  })

  it("edits no schedule of a person's", async () => {
    const phone = await first()
    const { schedule } = await as(phone).call('schedules.create', { body: 'Look.', every: '1h' })
    expect(await refusal(token('adminToken'), 'schedules.edit', { schedule: schedule.id, body: 'Obey.' })).toBe('forbidden')
    expect(await refusal(phone, 'schedules.edit', { schedule: schedule.id, body: 'Look well.' })).toBe('accepted')
  })
})

describe('a browser', () => {
  interface Reply {
    readonly status: number
    readonly headers: Readonly<Record<string, string | string[] | undefined>>
    readonly body: { readonly half?: string; readonly pairing?: Output<'pairings.redeem'>['pairing']; readonly error?: { readonly code: string } }
  }
  /** With headers that fetch does not let through. */
  function send(method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: object): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const json = body && { 'content-type': 'application/json' }
      const sent = request(`${daemon.url}${path}`, { method, headers: { ...json, ...headers } }, (response) => {
        let text = ''
        response.on('data', (chunk) => (text += String(chunk)))
        response.on('end', () => {
          const isJson = String(response.headers['content-type']).startsWith('application/json')
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: isJson ? JSON.parse(text) : {} })
        })
      })
      sent.on('error', reject)
      sent.end(body && JSON.stringify(body))
    })
  }

  async function pairedPage() {
    const { code } = await admin().call('pairings.begin', {})
    const { status, headers, body } = await send('POST', '/pair', { origin: daemon.url }, { code, device: 'browser' })
    expect(status).toBe(200)
    const set = String(headers['set-cookie'])
    await admin().call('pairings.confirm', { pairing: body.pairing?.id ?? '', comparison: body.pairing?.comparison ?? '' })
    return { set, cookie: set.split(';')[0] ?? '', half: body.half ?? '', own: { origin: daemon.url } }
  }

  it('is given a cookie that no script reads and no other site sends, and half a token beside it', async () => {
    const { set, cookie, half, own } = await pairedPage()
    expect(set).toMatch(/^muster=mp_[0-9a-z]{24}; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Strict$/)
    expect(half).toMatch(/^[0-9a-z]{24}$/)
    expect((await send('GET', '/v1/devices', { cookie, 'muster-device': half })).status).toBe(200)
    expect((await send('POST', '/v1/pairings', { cookie, 'muster-device': half, ...own }, {})).status).toBe(201)
    const stored = await send('POST', '/v1/artifacts?name=a.txt', { cookie, 'muster-device': half, ...own }, {})
    expect(stored.status).toBe(201)
    expect((await send('GET', String(stored.headers['location']), { cookie, 'muster-device': half })).status).toBe(200)
    const socket = await hello(undefined, { cookie, ...own }, [`device.${half}`])
    socket.close()
  })

  it('is refused with one half, with a cookie from elsewhere, and with two', async () => {
    const { cookie, half } = await pairedPage()
    const codeOf = async (headers: Readonly<Record<string, string>>) => (await send('GET', '/v1/devices', headers)).body.error?.code
    expect(await codeOf({ cookie })).toBe('unauthenticated')
    expect(await codeOf({ 'muster-device': half })).toBe('unauthenticated')
    expect(await codeOf({ authorization: `Bearer ${cookie.split('=')[1]}` })).toBe('unauthenticated')
    expect(await codeOf({ cookie: `muster=mp_${'0'.repeat(24)}; ${cookie}`, 'muster-device': half })).toBe('unauthenticated')
    expect(await codeOf({ cookie: cookie.replace('muster=', '__Host-muster='), 'muster-device': half })).toBe('unauthenticated')
    expect((await send('GET', `/v1/devices?token=${cookie.split('=')[1]}${half}`)).body.error?.code).toBe('unauthenticated')
  })

  it('is refused for a page of another port or site, over HTTP and the WebSocket', async () => {
    const { cookie, half } = await pairedPage()
    const device = (await admin().call('devices.list', {})).devices[0]?.id ?? ''
    const { port } = new URL(daemon.url)
    const others = [`http://127.0.0.1:${Number(port) - 1}`, `http://localhost:${port}`, 'https://evil.example', 'null']
    for (const headers of [...others.map((origin) => ({ origin })), {}, { origin: daemon.url, 'sec-fetch-site': 'same-site' }]) {
      expect((await send('DELETE', `/v1/devices/${device}`, { cookie, 'muster-device': half, ...headers })).status).toBe(403)
      expect((await send('POST', '/v1/artifacts?name=a.txt', { cookie, 'muster-device': half, ...headers }, {})).status).toBe(403)
      await expect(hello(undefined, { cookie, ...headers }, [`device.${half}`])).rejects.toThrow('403')
    }
    expect((await send('GET', '/v1/devices', { cookie, 'muster-device': half, host: 'evil.example' })).status).toBe(403)
    expect((await send('GET', '/v1/devices', { cookie, 'muster-device': half })).status).toBe(200)
  })

  it('redeems nothing for a page from elsewhere', async () => {
    const { code } = await admin().call('pairings.begin', {})
    for (const headers of [{}, { origin: 'http://127.0.0.1:1' }, { origin: 'https://evil.example' }]) {
      expect((await send('POST', '/pair', headers, { code, device: 'x' })).status).toBe(403)
    }
    expect((await send('POST', '/pair', { origin: daemon.url }, { code, device: 'x' })).status).toBe(200)
  })

  it('is shown a page that loads nothing from elsewhere and takes nothing from its query', async () => {
    const page = await fetch(`${daemon.url}/pair`)
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'")
    expect(await page.text()).not.toMatch(/https?:|<script>|onclick|style=/)
    for (const file of ['pair.js', 'pair.css']) expect((await fetch(`${daemon.url}/${file}`)).status).toBe(200)
    expect((await fetch(`${daemon.url}/pair?code=K7QM2X4F`)).status).toBe(422)
  })
})

/** A connection that has greeted. */
function hello(bearer: string | undefined, headers: Readonly<Record<string, string>> = {}, protocols: readonly string[] = []): Promise<WebSocket> {
  return new Promise((resolve, reject) => {
    const auth = bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }
    const socket = new WebSocket(`${daemon.url.replace('http', 'ws')}/v1/ws`, ['muster.v1', ...protocols], { headers: { ...auth, ...headers } })
    socket.on('error', reject)
    socket.on('open', () => socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'hello', params: { protocol: 1, client: 'test' } })))
    socket.once('message', () => resolve(socket))
  })
}

/** Codes that could be: with a check character that fits. */
function validCodes(): string[] {
  const chars = '0123456789abcdefghjkmnpqrstvwxyz'
  return [...chars].flatMap((one) =>
    [...'02'].map((two) => {
      const text = `${one}${two}00000`
      const sum = [...text].reduce((total, char, place) => total + (2 * place + 1) * chars.indexOf(char), 0)
      return `${text}${chars[sum % 32]}`
    }),
  )
}
