import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../src/limits.ts'
import { workOffline } from '../../support/offline-work.ts'
import { PairedDaemon } from '../../support/paired-daemon.ts'

const RIGHT = 'correct horse battery staple'
const WRONG = 'incorrect horse battery staple'

let node: PairedDaemon
let phone: string
let bob: { readonly id: string; readonly token: string }

beforeEach(async () => {
  node = await PairedDaemon.start()
  phone = await node.pair('phone')
  bob = await node.agent('bob')
})
afterEach(async () => await node[Symbol.asyncDispose]())

const set = (passphrase = RIGHT, device = phone) => node.as(device).call('passphrase.set', { passphrase })
const state = async (device = phone) => (await node.as(device).call('passphrase.state', {})).passphrase
/** Something that wants to be done in the name of the owner, or of another person. */
const propose = async (by = node.adminToken, person = 'owner', body = 'Go ahead.') =>
  (await node.as(by).call('actions.propose', { operation: 'threads.notify', input: { to: 'bob', body }, person })).action.id
const give = (action: string, passphrase: string, by = node.adminToken) => node.refusal(by, 'passphrase.approve', { action, passphrase })
/** A try of its own, with its own action, which is taken back. */
async function attempt(passphrase: string): Promise<string> {
  const action = await propose()
  const came = await give(action, passphrase)
  if (came !== 'accepted') await node.admin.call('actions.reject', { action })
  return came
}
const inboxOf = async (token: string) => (await node.as(token).call('mailbox.inbox', {})).items.map(({ message }) => message)
const toldOf = async () => (await node.as(phone).call('mailbox.peek', {})).items.map(({ message }) => message.body)

describe('a passphrase', () => {
  it('has one operation done, in the name of the person who set it, who is told', async () => {
    expect((await set()).passphrase).toMatchObject({ isSet: true, device: 'phone', wrong: 0, refusedUntil: null })
    const action = await propose()
    const { action: done } = await node.admin.call('passphrase.approve', { action, passphrase: RIGHT })
    expect(done).toMatchObject({ state: 'done', how: 'passphrase', output: { sent: expect.anything() } })
    expect(await inboxOf(bob.token)).toMatchObject([{ body: 'Go ahead.', from: { name: 'owner', role: 'person' } }])
    expect(await toldOf()).toEqual([expect.stringContaining(`by your passphrase at a terminal: ${action}`)])
    expect(await node.eventsOf('action.done')).toMatchObject([{ changed: { operation: 'threads.notify', how: 'passphrase' } }])
    expect(await give(action, RIGHT)).toBe('already_closed')
    expect(await inboxOf(bob.token)).toHaveLength(1)
  })

  it('is the same however it is typed', async () => {
    await set('Größe misst man nicht')
    expect(await attempt('  Gro\u0308ße  misst man nicht ')).toBe('accepted')
    expect(await attempt('größe misst man nicht')).toBe('forbidden')
  })

  it('is refused where it is easily guessed, with what would be taken', async () => {
    const hint = expect.stringContaining('at least 16 characters, 8 of them different')
    for (const weak of ['correct horse', 'aaaaaaaaaaaaaaaaaaaaaaaa', 'abcabcabcabcabcabcabc', ' '.repeat(40), `a${' '.repeat(40)}b`])
      await expect(set(weak), weak).rejects.toMatchObject({ code: 'invalid_input', details: { hint } })
    expect(await state()).toMatchObject({ isSet: false })
  })

  it('replaces the one before, and is ended by its person, and by the end of its device', async () => {
    const tablet = await node.pair('tablet', { confirmedBy: phone })
    await set()
    await set('five quite different words here', tablet)
    expect(await state()).toMatchObject({ isSet: true, device: 'tablet' })
    expect(await attempt(RIGHT)).toBe('forbidden')
    const device = (await node.as(tablet).call('devices.list', {})).devices.find(({ name }) => name === 'tablet')
    await node.as(phone).call('devices.revoke', { device: device?.id ?? '' })
    expect(await state()).toMatchObject({ isSet: false, device: null })
    expect(await attempt('five quite different words here')).toBe('forbidden')
    await set()
    await node.as(phone).call('passphrase.clear', {})
    expect(await attempt(RIGHT)).toBe('forbidden')
    expect((await node.eventsOf('passphrase')).length).toBeGreaterThan(4)
  })

  it('does not come back with a backup, which may have one that somebody knows', async () => {
    await set()
    await node.admin.call('node.backup', { path: join(node.home, 'backup') })
    await node.stop()
    await workOffline(node.home, 'restore', { path: join(node.home, 'backup'), dryRun: false })
    await node.start()
    expect(await state()).toMatchObject({ isSet: false })
    expect(await attempt(RIGHT)).toBe('forbidden')
  })

  it('that is cleared while it is looked at has nothing done', async () => {
    await set()
    const action = await propose()
    const [came] = await Promise.all([give(action, RIGHT), node.as(phone).call('passphrase.clear', {})])
    expect(came).toBe('forbidden')
    expect(await inboxOf(bob.token)).toEqual([])
  })

  it('leaves what the operation refuses as it is: the action waits on, and the try was none', async () => {
    await set()
    const { action } = await node.admin.call('actions.propose', { operation: 'threads.notify', input: { to: 'nobody', body: 'x' } })
    expect(await give(action.id, RIGHT)).toBe('not_found')
    expect(await state()).toMatchObject({ wrong: 0 })
    await node.agent('nobody')
    expect(await give(action.id, RIGHT)).toBe('accepted')
  })

  it('is a person’s own: another person’s does nothing, and nobody sees whether there is one', async () => {
    const anns = await node.pair('ann', { person: 'ann', confirmedBy: phone })
    await set()
    expect(await state(anns)).toMatchObject({ isSet: false })
    expect(await give(await propose(bob.token, 'ann'), RIGHT, bob.token)).toBe('forbidden')
    expect(await node.refusal(anns, 'passphrase.clear', {})).toBe('accepted')
    expect(await attempt(RIGHT)).toBe('accepted')
  })
})

describe('whoever has every file of the daemon and a terminal', () => {
  const everything = (folder = node.home): string =>
    readdirSync(folder)
      .map((name) => join(folder, name))
      .filter((path) => !path.endsWith('.sock'))
      .map((path) => (statSync(path).isDirectory() ? everything(path) : readFileSync(path, 'latin1')))
      .join('\n')

  it('sets, clears and looks at no passphrase', async () => {
    await set()
    for (const holder of [node.adminToken, bob.token]) {
      expect(await node.refusal(holder, 'passphrase.set', { passphrase: WRONG })).toBe('forbidden')
      expect(await node.refusal(holder, 'passphrase.clear', {})).toBe('forbidden')
      expect(await node.refusal(holder, 'passphrase.state', {})).toBe('forbidden')
    }
    expect(await attempt(RIGHT)).toBe('accepted')
  })

  it('has nothing done by one that makes or ends an authority', async () => {
    for (const operation of ['passphrase.clear', 'pairings.begin', 'actions.list', 'credentials.list', 'enrolments.list'])
      expect(await node.refusal(node.adminToken, 'actions.propose', { operation }), operation).toBe('invalid_input')
    for (const operation of ['passphrase.set', 'passphrase.approve'])
      expect(await node.refusal(node.adminToken, 'actions.propose', { operation, input: { passphrase: RIGHT } }), operation).toBe('invalid_input')
  })

  it('finds it neither in a file nor in the log, right or wrong', async () => {
    await set()
    expect(await attempt(WRONG)).toBe('forbidden')
    expect(await attempt(RIGHT)).toBe('accepted')
    await expect(set('short')).rejects.toMatchObject({ message: expect.not.stringContaining('short') })
    const found = `${everything()}${JSON.stringify(node.logged)}`
    for (const secret of [RIGHT, WRONG, 'battery']) expect(found).not.toContain(secret)
  })

  it('learns nothing by how a try is refused, nor by how long that takes, where there is none', async () => {
    const timed = async () => {
      const action = await propose()
      const begunAt = performance.now()
      const error: unknown = await node.admin.call('passphrase.approve', { action, passphrase: WRONG }).catch((thrown: unknown) => thrown)
      const ms = performance.now() - begunAt
      await node.admin.call('actions.reject', { action })
      return { said: JSON.parse(JSON.stringify(error)) as unknown, ms }
    }
    const without = [await timed(), await timed()]
    await set()
    const withOne = [await timed(), await timed()]
    expect(new Set([...without, ...withOne].map(({ said }) => JSON.stringify(said))).size).toBe(1)
    // Stretching takes a hundred times as long as all the rest.
    expect(Math.min(...without.map(({ ms }) => ms))).toBeGreaterThan(Math.min(...withOne.map(({ ms }) => ms)) / 2)
  })

  it('guesses five, whereupon none is looked at, the right one neither, and the person is told', async () => {
    await set()
    for (let n = 0; n < LIMITS.maxWrongPassphrases; n += 1) expect(await attempt(WRONG)).toBe('forbidden')
    expect(await attempt(RIGHT)).toBe('too_many_requests')
    expect(await state()).toMatchObject({ wrong: 5, refusedUntil: expect.any(String) })
    expect(await node.eventsOf('passphrase.refused')).toHaveLength(5)
    expect(await toldOf()).toEqual([expect.stringContaining('5 wrong passphrases have been given here')])
    node.clock.advance(LIMITS.passphrasePauseMs + 1)
    // One more, and the pause begins anew.
    expect(await attempt(WRONG)).toBe('forbidden')
    expect(await attempt(RIGHT)).toBe('too_many_requests')
    node.clock.advance(LIMITS.passphrasePauseMs + 1)
    expect(await attempt(RIGHT)).toBe('accepted')
    expect(await state()).toMatchObject({ wrong: 0, refusedUntil: null })
  })

  it('gains nothing by many tries at once', async () => {
    await set()
    const actions = [await propose(), await propose(), await propose(bob.token), await propose(bob.token)]
    const tries = actions.flatMap((action, index) => Array.from({ length: 10 }, () => give(action, WRONG, index < 2 ? node.adminToken : bob.token)))
    const came = await Promise.all([...tries, give(actions[0] ?? '', RIGHT)])
    expect(came.filter((code) => code === 'forbidden')).toHaveLength(LIMITS.maxWrongPassphrases)
    expect(came.filter((code) => code === 'too_many_requests')).toHaveLength(36)
  })

  it('gains nothing by a restart, in the pause or amid a try', async () => {
    await set()
    const action = await propose()
    const lost = give(action, WRONG).catch(() => 'lost')
    await node.eventsOf('nothing.yet')
    await node.restart()
    await lost
    expect(await state()).toMatchObject({ wrong: 1 })
    for (let n = 1; n < LIMITS.maxWrongPassphrases; n += 1) expect(await attempt(WRONG)).toBe('forbidden')
    node.clock.advance(LIMITS.passphrasePauseMs - 1_000)
    await node.restart()
    node.clock.advance(2_000)
    expect(await attempt(RIGHT)).toBe('too_many_requests')
    // A device is no way round a person, and a way out for one.
    await set()
    expect(await attempt(RIGHT)).toBe('accepted')
  })

  it("completes nobody else's action, and is not counted for trying", async () => {
    await set()
    const action = await propose(bob.token)
    const eve = await node.agent('eve')
    expect(await give(action, RIGHT, eve.token)).toBe('not_found')
    expect(await give(action, RIGHT)).toBe('not_found')
    expect(await give(action, RIGHT, phone)).toBe('not_found')
    expect(await state()).toMatchObject({ wrong: 0 })
    await node.as(phone).call('actions.reject', { action })
    expect(await give(action, RIGHT, bob.token)).toBe('already_closed')
  })
})
