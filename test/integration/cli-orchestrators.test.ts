import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import { musterHere } from '../support/cli-here.ts'
import { WireClient } from '../support/wire-client.ts'

let home: string
let daemon: Daemon

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-lead-'))
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  daemon = await startDaemon({ config: loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0' }, home), log, onFatal: quiet })
})
afterAll(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

const muster = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => musterHere(home, args, { env })
async function json<T>(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<T> {
  return JSON.parse((await muster([...args, '--json'], env)).stdout) as T
}

it('shows who leads, claims, keeps notes, hands over, resigns and appoints', async () => {
  const { token: enrolment } = await json<{ token: string }>(['token', 'enrol', '--roles', 'orchestrator'])
  await using enrolled = await WireClient.greet(daemon.url, enrolment)
  const register = async (name: string) => ((await enrolled.call('peers.register', { name, role: 'orchestrator' })) as { token: string }).token
  const [first, second] = [{ MUSTER_TOKEN: await register('first') }, { MUSTER_TOKEN: await register('second') }]
  expect(await muster(['orchestrator'])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/leader +nobody\nlease +vacant/) })
  expect(await muster(['orchestrator', 'status', '--circle', 'nowhere'])).toMatchObject({ exit: 4 })
  expect(await muster(['orchestrator', 'claim', '--as', 'ann'])).toMatchObject({
    exit: 77,
    stderr: expect.stringContaining('muster token enrol --roles orchestrator'),
  })

  await using _present = await WireClient.greet(daemon.url, first.MUSTER_TOKEN)
  const claimed = await json<{ leading: boolean; leadership: { token: string } }>(['orchestrator', 'claim'], first)
  expect(claimed).toMatchObject({ leading: true, leadership: { primary: { name: 'first' }, lease: 'held' } })
  expect((await muster(['orchestrator'], second)).stdout).toMatch(/leader +first \(online\)\nlease +held[\s\S]*STANDBY +PRESENCE +SEEN\nsecond +online/)
  expect(await muster(['orchestrator', 'note', 'The release waits.'], first)).toMatchObject({ exit: 0, stdout: 'Kept for whoever leads next.\n' })
  expect(await muster(['orchestrator', 'note', 'Mine.'], second)).toMatchObject({
    exit: 5,
    stderr: expect.stringContaining('first leads main. You stand by; muster orchestrator status shows how it is.'),
  })
  expect((await muster(['orchestrator', 'note', 'x', '--fence', '7'], first)).stderr).toContain('You lead main with another token')
  expect(await muster(['orchestrator', 'handover', '--fence', claimed.leadership.token], first)).toMatchObject({ exit: 4 })

  await using _standby = await WireClient.greet(daemon.url, second.MUSTER_TOKEN)
  expect((await muster(['orchestrator', 'handover', 'second'], first)).stdout).toMatch(
    /handover +2 of main \(handed_over\)\nfrom +first\nto +second[\s\S]*The release waits\./,
  )
  expect((await muster(['orchestrator', 'record', '2'], first)).stdout).toContain('The release waits.')
  expect(await muster(['orchestrator', 'record', 'two'], first)).toMatchObject({ exit: 64 })
  expect(await json(['orchestrator', 'appoint', 'first'])).toMatchObject({ leadership: { primary: { name: 'first' } }, handover: { how: 'appointed' } })
  expect(await json(['orchestrator', 'resign', '--notes', 'Enough.'], first)).toMatchObject({
    leadership: { primary: { name: 'second' } },
    handover: { notes: 'Enough.' },
  })
})
