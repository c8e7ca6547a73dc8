import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import type { Output } from '../../src/contract/index.ts'
import { HttpClient } from '../contract/support/http-client.ts'
import { musterHere } from '../support/cli-here.ts'

let home: string
let daemon: Daemon
let phone: string

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-pair-'))
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const config = loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0', MUSTER_PUBLIC_URL: 'https://crew.example.org' }, home)
  daemon = await startDaemon({ config, log, onFatal: quiet })
})
afterAll(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

const as = (token?: string) => new HttpClient(daemon.url, token)
const json = async <T>(...args: readonly string[]) => JSON.parse((await musterHere(home, [...args, '--json'])).stdout) as T

/** `muster pair`, and a device that takes what the terminal shows. */
async function pair(typed: string, then: (waiting: Output<'pairings.redeem'>) => Promise<unknown> = async () => undefined) {
  const shown = { text: '' }
  const ran = musterHere(home, ['pair'], { typed, onWrite: (text) => (shown.text += text) })
  const code = await vi.waitUntil(() => /^ {4}([0-9A-Z]{4}-[0-9A-Z]{4})$/m.exec(shown.text)?.[1], { timeout: 20_000 })
  const waiting = await as().call('pairings.redeem', { code, device: 'phone' })
  await then(waiting)
  return { waiting, finished: await ran }
}

describe('muster pair', () => {
  it('wants somebody at the terminal', async () => {
    expect(await musterHere(home, ['pair'])).toMatchObject({ exit: 64, stderr: expect.stringContaining('nobody is at this terminal') })
  })

  it('pairs nothing where the digits are others', async () => {
    const { finished, waiting } = await pair('n\n')
    expect(finished).toMatchObject({ exit: 1, stderr: expect.stringContaining('no device was paired: It was cancelled.') })
    await expect(as(waiting.token).call('devices.list', {})).rejects.toThrow('credential')
  })

  it('makes the first person, after it has asked, and shows where the phone goes', async () => {
    const { finished, waiting } = await pair('y\n')
    expect(finished).toMatchObject({ exit: 0, stdout: expect.stringContaining('phone is paired, and speaks for owner.') })
    for (const text of ['no person yet', 'https://crew.example.org/pair', '█']) expect(finished.stdout).toContain(text)
    expect(finished.stderr).toContain(`Does your device show ${waiting.pairing.comparison}?`)
    phone = waiting.token
    const { devices } = await json<Output<'devices.list'>>('devices')
    expect(devices).toMatchObject([{ name: 'phone', first: true }])
    expect((await musterHere(home, ['devices'])).stdout).toContain('first pairing')
  })

  it('leaves a further device to one that is paired', async () => {
    const { finished } = await pair('y\n', ({ pairing }) => as(phone).call('pairings.confirm', { pairing: pairing.id, comparison: pairing.comparison ?? '' }))
    expect(finished).toMatchObject({ exit: 0 })
    expect(finished.stderr).not.toContain('Does your device')
  })
})

describe('muster devices', () => {
  it('renames and revokes', async () => {
    const [device] = (await json<Output<'devices.list'>>('devices')).devices
    expect(await musterHere(home, ['devices', 'rename', device?.id ?? '', 'tablet'])).toMatchObject({ exit: 0, stdout: expect.stringContaining('tablet') })
    expect(await musterHere(home, ['devices', 'revoke', device?.id ?? ''])).toMatchObject({ exit: 0, stdout: 'tablet speaks for owner no more.\n' })
    expect((await musterHere(home, ['devices'])).stdout).toContain('revoked')
  })
})

describe('muster as-person', () => {
  const proposed = () => vi.waitUntil(async () => (await as(phone).call('actions.list', {})).actions[0], { timeout: 20_000 })
  const run = (onWrite: (text: string) => void) => musterHere(home, ['as-person', 'threads.notify', '{"to": "bob", "body": "Go ahead."}'], { onWrite })

  it('has it done when the person types its digits', async () => {
    await musterHere(home, ['describe', 'here', '--as', 'bob'])
    let text = ''
    const ran = run((more) => (text += more))
    const action = await proposed()
    const code = await vi.waitUntil(() => /Type (\d{4}) on/.exec(text)?.[1], { timeout: 20_000 })
    await as(phone).call('actions.approve', { action: action.id, code })
    expect(await ran).toMatchObject({ exit: 0, stdout: expect.stringContaining('thr_') })
    expect((await musterHere(home, ['inbox', '--as', 'bob'])).stdout).toContain('owner')
  })

  describe('by the passphrase', () => {
    const passphrase = 'correct horse battery staple'
    const spoken = (...flags: readonly string[]) => ['as-person', ...flags, 'threads.notify', '{"to": "bob", "body": "By passphrase."}']

    it('has it done at once, and shows nothing of what is typed', async () => {
      await as(phone).call('passphrase.set', { passphrase })
      // Somebody who mistypes and takes it back.
      const done = await musterHere(home, spoken('--passphrase'), { typed: `nonsense\u0015x\u007f${passphrase}\r` })
      expect(done).toMatchObject({ exit: 0, stdout: expect.stringContaining('thr_'), stderr: 'Passphrase: \n' })
      expect((await musterHere(home, ['inbox', '--as', 'bob'])).stdout).toContain('By passphrase.')
    })

    it('is read from a pipe only where that is said, and from a terminal only where it is not shown', async () => {
      expect(await musterHere(home, spoken('--passphrase-stdin'), { stdin: `${passphrase}\n` })).toMatchObject({ exit: 0, stderr: '' })
      expect(await musterHere(home, spoken('--passphrase'), { stdin: `${passphrase}\n` })).toMatchObject({
        exit: 64,
        stderr: expect.stringContaining('nobody is at'),
      })
      expect(await musterHere(home, spoken('--passphrase-stdin'), { typed: `${passphrase}\n` })).toMatchObject({ exit: 64 })
      expect(await musterHere(home, spoken('--passphrase', '--passphrase-stdin'))).toMatchObject({ exit: 64 })
      expect(await musterHere(home, spoken('--passphrase'), { typed: 'half of it\u0003' })).toMatchObject({ exit: 130 })
    })

    it('leaves nothing that waits where it was another', async () => {
      expect(await musterHere(home, spoken('--passphrase-stdin'), { stdin: 'another one altogether\n' })).toMatchObject({
        exit: 77,
        stderr: expect.stringContaining('not the passphrase of the person, or none is set'),
      })
      expect((await as(phone).call('actions.list', {})).actions).toEqual([])
    })
  })

  it('says when it was rejected, and what it does not take', async () => {
    const ran = run(() => undefined)
    await as(phone).call('actions.reject', { action: (await proposed()).id })
    expect(await ran).toMatchObject({ exit: 1, stderr: expect.stringContaining('threads.notify was not done: rejected') })
    for (const args of [[], ['threads.notify', '{'], ['threads.notify', '[]'], ['a', '{}', 'b']])
      expect(await musterHere(home, ['as-person', ...args])).toMatchObject({ exit: 64 })
    expect(await musterHere(home, ['as-person', 'devices.revoke'])).toMatchObject({ exit: 64 })
  })
})
