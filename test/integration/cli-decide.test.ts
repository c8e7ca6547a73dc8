import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import type { Output } from '../../src/contract/index.ts'
import { QUESTION } from '../support/cards.ts'
import { musterHere } from '../support/cli-here.ts'

let home: string
let daemon: Daemon

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'muster-decide-')))
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  daemon = await startDaemon({ config: loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0' }, home), log, onFatal: quiet })
})
afterAll(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

const muster = (...args: string[]) => musterHere(home, args)
async function json<T>(...args: string[]): Promise<T> {
  const { exit, stdout, stderr } = await muster(...args, '--json')
  expect(stderr).toBe('')
  expect(exit).toBe(0)
  return JSON.parse(stdout) as T
}

/** Makes whoever the command line speaks as a person, behind the daemon's back. */
async function makePerson(yes: boolean): Promise<void> {
  await daemon.core.pipeline.execute((tx) => {
    tx.changesPeers()
    tx.run('UPDATE peers SET role = ? WHERE circle_id = (SELECT id FROM circles WHERE name = ?)', yes ? 'person' : 'agent', 'main')
  })
}

describe('muster decide', () => {
  it('raises a card from a file, shows it in the queue and in the overview, and decides it once', async () => {
    const file = join(home, 'card.json')
    await writeFile(file, JSON.stringify(QUESTION))
    const { card } = await json<Output<'decisions.raise'>>('decide', 'raise', '--file', file)
    expect((await muster('decide')).stdout).toContain(card.id)
    expect((await muster()).stdout).toContain(`muster decide show ${card.id}`)
    expect((await muster('decide', 'show', card.id)).stdout).toContain('a) SQLite (safe)')
    expect(await muster('decide', 'resolve', card.id, 'a')).toMatchObject({ exit: 77, stderr: expect.stringContaining('person') })
    await makePerson(true)
    expect(await muster('decide', 'resolve', card.id, 'z')).toMatchObject({ exit: 64 })
    expect((await muster('decide', 'resolve', card.id, 'B', '--note', 'So.')).stdout).toContain(`${card.id} is answered: b, by`)
    expect(await muster('decide', 'resolve', card.id, 'a')).toMatchObject({ exit: 5, stderr: expect.stringContaining('answered: b') })
    await makePerson(false)
  })

  it('says what a card needs that is missing', async () => {
    const file = join(home, 'poor.json')
    await writeFile(file, JSON.stringify({ kind: 'question', question: 'What should I do?' }))
    expect(await muster('decide', 'raise', '--file', file)).toMatchObject({ exit: 64, stderr: expect.stringContaining('one or two sentences of context') })
  })

  it('asks for an approval, grants a lease, and uses it', async () => {
    const ask = ['decide', 'request', 'command', 'npm test', '--with', '{"cwd":"/ship"}', '--why', 'To know.', '--risk', 'A minute.']
    const { card } = await json<Output<'decisions.request'>>(...ask)
    await makePerson(true)
    const granted = await muster('decide', 'resolve', card?.id ?? '', 'a', '--lease', '2h', '--count', '2')
    expect(granted.stdout).toMatch(/can be used 2 times\. Of past answers it would have matched 0/)
    await makePerson(false)
    expect((await muster(...ask)).stdout).toMatch(/^Allowed by apv_/)
    expect((await muster('decide', 'approvals', '--live')).stdout).toContain('1 of 2')
    expect((await muster('decide', 'tiers')).stdout).toMatch(/read +autonomous +built in/)
  })
})
