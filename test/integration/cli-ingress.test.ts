import { createHmac } from 'node:crypto'
import { chmod, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import type { Output } from '../../src/contract/index.ts'
import { musterHere } from '../support/cli-here.ts'

let home: string
let daemon: Daemon

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'muster-ingress-cli-')))
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  daemon = await startDaemon({ config: loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0' }, home), log, onFatal: quiet })
  await writeFile(join(home, 'ci.secret'), 'a secret of sixteen characters and more', { mode: 0o600 })
  await muster('describe', 'At work', '--as', 'lead')
})
afterAll(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

const muster = (...args: string[]) => musterHere(home, args)
const CREATE = ['ingress', 'create', 'ci', '--from', 'github', '--secret-file', 'ci.secret', '--to', 'lead'] as const

describe('muster ingress', () => {
  it('makes a source, tries it, shows what came, changes and closes it', async () => {
    expect((await muster('ingress')).stderr).toContain('There are no sources.')
    const made = await muster(...CREATE, '--events', 'issues, push', '--where', 'action=opened', '--text', '{{issue.title}}')
    expect(made).toMatchObject({ exit: 0, stdout: 'ci takes events at /hooks/ci.\n', stderr: '' })
    expect((await muster('ingress', 'test', 'ci')).stdout).toMatch(/^It was taken and sent: thr_/)
    expect((await muster('ingress', 'test', 'ci', '--event', 'ping')).stdout).toContain('none of the events that are wanted')
    expect((await muster('inbox', '--as', 'lead')).stdout).toMatch(/hook-ci@muster.*\n +issue\.title/)
    await fetch(`${daemon.url}/hooks/ci`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    const shown = (await muster('ingress', 'show', 'ci')).stdout
    for (const part of [
      join(home, 'ci.secret'),
      'issues, push',
      'action=opened',
      'no publicUrl is set',
      'accepted',
      'filtered',
      'it has no header x-hub-signature-256',
    ])
      expect(shown).toContain(part)
    const { exit, stdout } = await muster('ingress', 'update', 'ci', '--events', 'none', '--kind', 'ask', '--deadline', '2h', '--json')
    expect(exit).toBe(0)
    expect((JSON.parse(stdout) as Output<'ingress.update'>).source).toMatchObject({ events: null, kind: 'ask', deadline: '2h', to: 'lead' })
    expect((await muster('ingress')).stdout).toMatch(/ci +github +main +lead +ask/)
    expect((await muster('ingress', 'remove', 'ci')).stdout).toBe('ci is closed.\n')
    expect(await muster('ingress', 'show', 'ci')).toMatchObject({ exit: 4 })
  })

  it('pauses a source, says so wherever it is shown, and lets it go on', async () => {
    await muster('ingress', 'create', 'busy', ...CREATE.slice(3))
    expect((await muster('ingress', 'pause', 'busy', '--reason', 'too much')).stdout).toMatch(
      /^busy is paused: .* muster ingress resume busy lets it go on\.\n$/,
    )
    expect((await muster('ingress')).stdout).toMatch(/busy +github +main +lead +notify +paused/)
    expect((await muster('ingress', 'show', 'busy')).stdout).toMatch(/state +paused by the administrator, .+: too much/)
    expect((await muster('doctor')).stdout).toMatch(/ingress +busy +warn +paused .+: its senders are told to come again/)
    expect(await muster('ingress', 'test', 'busy')).toMatchObject({
      exit: 0,
      stderr: expect.stringContaining('until muster ingress resume busy it takes samples only'),
    })
    const { stdout } = await muster('ingress', 'resume', 'busy', '--json')
    expect((JSON.parse(stdout) as Output<'ingress.resume'>).source.paused).toBeNull()
    expect((await muster('ingress', 'resume', 'busy')).stdout).toBe('busy takes events.\n')
    expect((await muster('ingress')).stdout).toMatch(/busy +github +main +lead +notify +ready/)
    expect(await muster('ingress', 'pause', 'busy', '--as', 'lead')).toMatchObject({ exit: 77 })
  })

  it('rotates the secret of a source, and shows when the old one can go', async () => {
    await muster('ingress', 'create', 'signed', ...CREATE.slice(3))
    const path = join(home, 'next.secret')
    expect(await muster('ingress', 'rotate', 'signed')).toMatchObject({ exit: 64, stderr: expect.stringContaining('--secret-file') })
    const begun = await muster('ingress', 'rotate', 'signed', '--secret-file', 'next.secret')
    expect(begun).toMatchObject({ exit: 0, stderr: expect.stringContaining(`the new one verifies nothing yet: there is no file ${path}`) })
    expect(begun.stdout).toContain('Two secrets of signed verify.')
    expect((await muster('doctor')).stdout).toMatch(/ingress +signed +warn +its secret is being rotated; of its new secret: there is no file/)
    await writeFile(path, 'the next secret, of as many characters', { mode: 0o600 })
    expect((await muster('ingress')).stdout).toMatch(/signed +github +main +lead +notify +rotating/)
    const waiting = (await muster('ingress', 'show', 'signed')).stdout
    expect(waiting).toMatch(/old secret +.*ci\.secret: has verified no event since then/)
    expect(waiting).toMatch(/new secret +.*next\.secret: has verified no event since then/)
    expect(await muster('ingress', 'finish', 'signed')).toMatchObject({
      exit: 64,
      stderr: expect.stringMatching(/No event has come yet.*\n.*--force drops the other/),
    })
    const body = '{"issue":{"title":"signed anew"}}'
    const signature = `sha256=${createHmac('sha256', 'the next secret, of as many characters').update(body).digest('hex')}`
    const headers = { 'content-type': 'application/json', 'x-github-event': 'issues', 'x-hub-signature-256': signature }
    expect((await fetch(`${daemon.url}/hooks/signed`, { method: 'POST', headers, body })).status).toBe(202)
    expect((await muster('ingress', 'show', 'signed')).stdout).toMatch(/new secret +.*next\.secret: verified an event last, /)
    expect((await muster('ingress', 'finish', 'signed')).stdout).toBe(`signed has one secret: ${path}.\n`)
    expect((await muster('ingress', 'show', 'signed')).stdout).toMatch(new RegExp(`^secret +${path}$`, 'm'))
    await muster('ingress', 'rotate', 'signed', '--secret-file', 'ci.secret')
    expect((await muster('ingress', 'finish', 'signed', '--keep-old')).stdout).toBe(`signed has one secret: ${path}.\n`)
  })

  it('says what is missing, and what keeps a source from taking anything', async () => {
    expect(await muster('ingress', 'create', 'x')).toMatchObject({ exit: 64, stderr: expect.stringContaining('--from is missing') })
    expect(await muster('ingress', 'create', 'x', '--from', 'github')).toMatchObject({ exit: 64, stderr: expect.stringContaining('--secret-file') })
    expect(await muster(...CREATE.slice(0, -2))).toMatchObject({ exit: 64, stderr: expect.stringContaining('--to is missing') })
    expect(await muster(...CREATE, '--header', 'X')).toMatchObject({ exit: 64, stderr: expect.stringContaining('--header does not go with this') })
    expect(await muster(...CREATE, '--where', 'x')).toMatchObject({ exit: 64, stderr: expect.stringContaining('field=value') })
    expect(await muster(...CREATE, '--secret-variable', 'X')).toMatchObject({ exit: 64, stderr: expect.stringContaining('given twice') })
    expect(await muster(...CREATE, '--as', 'lead')).toMatchObject({ exit: 77, stderr: expect.stringContaining('administrator') })
    const hmac = ['ingress', 'create', 'own', '--from', 'hmac', '--header', 'X-Sign', '--secret-file', 'ci.secret', '--to', 'lead']
    expect(await muster(...hmac, '--signed', 'timestamp.body')).toMatchObject({ exit: 64, stderr: expect.stringContaining('in which header the time stands') })
    expect(await muster(...hmac, '--signed', 'timestamp.body', '--timestamp-header', 'X-Time', '--encoding', 'base64')).toMatchObject({ exit: 0, stderr: '' })
    await chmod(join(home, 'ci.secret'), 0o640)
    expect(await muster('ingress', 'test', 'own')).toMatchObject({ exit: 1, stderr: expect.stringContaining('chmod 600') })
    expect((await muster('doctor')).stdout).toMatch(/ingress +own +fail +others may read its secret/)
    expect(await muster('ingress', 'update', 'own')).toMatchObject({ exit: 64, stderr: expect.stringContaining('nothing is to be changed') })
    expect(await muster('ingress', 'test', 'own', '--body', '[]')).toMatchObject({ exit: 64, stderr: expect.stringContaining('no JSON object') })
  })
})
