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
