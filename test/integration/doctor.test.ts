import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { CliHome } from '../support/cli-process.ts'

interface Finding {
  readonly subject: string
  readonly check: string
  readonly state: string
  readonly says: string
  readonly fixable?: boolean
}

interface Report {
  readonly ok: boolean
  readonly findings: readonly Finding[]
  readonly fixes?: readonly { readonly does: string; readonly state: string; readonly before: string; readonly after: string | null }[]
}

let home: CliHome
beforeEach(async () => {
  home = await CliHome.make()
})
afterEach(() => home.remove())

/** Without the agent programs of this machine. */
const env = { PATH: '/nowhere' }
const doctor = async (...flags: string[]) => await home.json<Report>(['doctor', ...flags], { env })
const mode = (path: string) => (statSync(path).mode & 0o777).toString(8)

function stateOf({ findings }: Report, subject: string, check: string): string | undefined {
  return findings.find((finding) => finding.subject === subject && finding.check === check)?.state
}

/** The id of a process that has ended. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  return child.pid as number
}

async function leaveBehind(): Promise<{ readonly stale: string; readonly drafts: readonly string[] }> {
  const pid = await deadPid()
  writeFileSync(home.paths.daemonFile, JSON.stringify({ pid, url: 'http://127.0.0.1:9', startedAt: '', version: '0' }), { mode: 0o600 })
  const drafts = [`${home.paths.adminToken}.${pid}.tmp`, join(home.paths.state, 'peers', 'x.token.01234567-89ab-cdef-0123-456789abcdef')]
  mkdirSync(join(home.paths.state, 'peers'), { recursive: true })
  for (const draft of drafts) {
    writeFileSync(draft, 'half', { mode: 0o600 })
    utimesSync(draft, 1, 1)
  }
  return { stale: home.paths.daemonFile, drafts }
}

describe('muster doctor', () => {
  it('finds a fresh daemon sound, and says so of each thing', async () => {
    await home.run(['up'])
    const report = await doctor()
    expect(report.findings.filter(({ state }) => state === 'fail')).toEqual([])
    for (const [subject, check] of [
      ['daemon', 'running'],
      ['daemon', 'contract'],
      ['daemon', 'writing'],
      ['daemon', 'clock'],
      ['host', 'node'],
      ['files', 'permissions'],
      ['files', 'daemon.json'],
      ['files', 'temporary files'],
      ['log', 'size'],
      ['mail', 'stuck deliveries'],
      ['mail', 'dead letters'],
      ['outbox', 'rows'],
      ['peers', 'retired'],
      ['database', 'integrity'],
    ] as const)
      expect(stateOf(report, subject, check), `${subject} ${check}`).toBe('ok')
    if (process.platform === 'linux') {
      expect(stateOf(report, 'daemon', 'port')).toBe('ok')
      expect(stateOf(report, 'files', 'lock')).toBe('ok')
      expect(report.findings.find(({ check }) => check === 'lock')?.says).toMatch(/held by the daemon/)
    }
    // A peer may not ask for all of it, which is no failure.
    expect(stateOf(await doctor('--as', 'bob'), 'daemon', 'diagnosis')).toBe('off')
    expect(report.exit).toBe(0)
  })

  it('says of a daemon that is down what can be seen from outside, and leaves the database as it was', async () => {
    await home.run(['up'])
    await home.run(['down'])
    const before = readFileSync(home.paths.database)
    const report = await doctor()
    expect([report.exit, stateOf(report, 'daemon', 'running'), stateOf(report, 'database', 'integrity')]).toEqual([1, 'fail', 'ok'])
    expect(readFileSync(home.paths.database).equals(before)).toBe(true)
    const up = await home.run(['up'])
    expect(up.exit).toBe(0)
  })

  it('finds a database that was cut, and one that is none', async () => {
    await home.run(['up'])
    await home.run(['down'])
    truncateSync(home.paths.database, Math.floor(statSync(home.paths.database).size / 2 / 4_096) * 4_096)
    expect(stateOf(await doctor(), 'database', 'integrity')).toBe('fail')
    writeFileSync(home.paths.database, 'no database at all, by far, whatever one may say of it, and long enough to be looked at as one')
    const report = await doctor()
    expect(stateOf(report, 'database', 'integrity')).toBe('fail')
    expect(report.ok).toBe(false)
  })

  it('--fix puts right what is safe, shows each before and after, and a dry run decides alike and does nothing', async () => {
    await home.run(['up'])
    await home.run(['down'])
    const { stale, drafts } = await leaveBehind()
    const fresh = `${home.paths.adminToken}.${process.pid}.tmp`
    writeFileSync(fresh, 'being written', { mode: 0o600 })
    const elsewhere = join(home.folder, 'elsewhere')
    writeFileSync(elsewhere, 'not ours', { mode: 0o644 })
    symlinkSync(elsewhere, join(home.paths.state, 'peers', 'link.token'))
    for (const path of [home.paths.adminToken, home.paths.enrolmentToken]) chmodSync(path, 0o644)
    chmodSync(home.paths.state, 0o777)

    const dry = await doctor('--fix', '--dry-run')
    expect(mode(home.paths.adminToken)).toBe('644')
    expect(existsSync(stale)).toBe(true)
    const done = await doctor('--fix')
    const deeds = ({ fixes }: Report) => fixes?.map(({ does, before }) => [does, before])
    expect(deeds(done)).toEqual(deeds(dry))
    expect(dry.fixes?.every(({ state, after }) => state === 'planned' && after === null)).toBe(true)
    expect(done.fixes?.every(({ state, before, after }) => state === 'done' && before !== 'ok' && (after === 'ok' || after === 'off'))).toBe(true)
    expect(done.fixes).toHaveLength(6)
    expect([mode(home.paths.adminToken), mode(home.paths.enrolmentToken), mode(home.paths.state), mode(elsewhere)]).toEqual(['600', '600', '700', '644'])
    for (const path of [stale, ...drafts]) expect(existsSync(path), path).toBe(false)
    expect(existsSync(fresh)).toBe(true)

    const text = await home.run(['doctor', '--fix'], { env: { ...env } })
    expect(text.stdout).toContain('There is nothing that --fix could put right.')
    expect((await home.runHere(['doctor', '--dry-run'])).exit).toBe(64)
  })

  it('names the credentials that are kept for peers who are gone', async () => {
    await home.run(['up'])
    await home.runHere(['inbox', '--as', 'ada'])
    writeFileSync(home.paths.peerToken('gone'), 'x\n', { mode: 0o600 })
    const finding = (await doctor()).findings.find(({ check }) => check === 'credentials')
    expect(finding).toMatchObject({ state: 'warn', says: 'kept for peers that are not here: gone' })
    expect(finding?.fixable).toBeUndefined()
  })

  it('names what is refused in the settings, before the daemon does not start with it', async () => {
    const settings = async () => (await doctor()).findings.find(({ subject, check }) => subject === 'settings' && check === 'user file')
    expect(await settings()).toMatchObject({ state: 'off' })
    mkdirSync(dirname(home.paths.config), { recursive: true })
    for (const [text, state, says] of [
      ['{ "port": 70000, "colour": 1, "logFiles": 2 }', 'fail', /: port: Expected a whole number from 0 to 65535\.; colour: There is no such setting/],
      ['{ "host": "0.0.0.0" }', 'fail', /host 0\.0\.0\.0 is not a loopback address/],
      ['{ "port": ', 'fail', /is not JSON/],
      ['{ /* two */ "logFiles": 2, "logLevel": "warn" }', 'ok', /^2 settings in/],
    ] as const) {
      writeFileSync(home.paths.config, text)
      expect(await settings()).toMatchObject({ state, says: expect.stringMatching(says) })
      expect((await home.run(['up'])).exit === 0).toBe(state === 'ok')
    }
  })

  it('names who has the port of a daemon that is down, and what the daemon said outside of its log', async () => {
    mkdirSync(home.paths.state, { recursive: true })
    writeFileSync(home.paths.output, 'FATAL ERROR: heap\n', { mode: 0o600 })
    const other = await CliHome.make()
    try {
      const { url } = await other.json<{ readonly url: string }>(['up'])
      const report = await home.json<Report>(['doctor'], { env: { ...env, MUSTER_PORT: new URL(url).port } })
      expect(report.findings.find(({ check }) => check === 'port')).toMatchObject({ state: 'fail', says: expect.stringMatching(/taken by pid \d+/) })
      expect(report.findings.find(({ check }) => check === 'output')).toMatchObject({ state: 'warn' })
    } finally {
      await other.remove()
    }
  })
})

describe('muster doctor --bundle', () => {
  /** Where secrets and words of peers may be. Each has its own number, so that the one that gets out is named. */
  const planted = (place: string) => `PLANTED-${place}-${place.length}9x7q`

  async function plantEverywhere(): Promise<void> {
    writeFileSync(home.paths.config, JSON.stringify({ logLevel: 'debug', node: planted('node'), allowedHosts: [planted('host')] }))
    await home.run(['up', '--json'])
    await home.runHere(['inbox', '--as', planted('peer')])
    await home.runHere(['ask', planted('peer'), planted('body'), '--no-wait', '--as', 'ada'])
    await home.runHere(['notify', planted('peer'), planted('note'), '--topic', planted('topic'), '--as', 'ada'])
    const { threads } = await home.json<{ threads: readonly { readonly id: string }[] }>(['thread', '--as', 'ada'])
    await home.runHere(['decline', threads[0]?.id ?? '', planted('reason'), '--as', planted('peer')])
    await home.runHere(['token', 'enrol', '--label', planted('label')])
    const secret = join(home.folder, planted('secretfile'))
    const source = ['--from', 'github', '--secret-file', secret, '--to', planted('peer')]
    await home.runHere(['ingress', 'create', planted('source'), ...source])
    writeFileSync(
      home.paths.config,
      JSON.stringify({ logLevel: planted('level'), [planted('setting')]: planted('value'), log: { deep: planted('deep') }, port: 6878 }),
    )
    const lines = [
      {
        level: 50,
        time: 1,
        msg: planted('msg'),
        token: planted('logtoken'),
        err: { type: 'Error', message: planted('error'), stack: `Error: ${planted('stack')}\n at x (a.ts:1:2)` },
      },
      {
        level: 30,
        time: planted('time'),
        msg: 'ready',
        url: `http://u:${planted('userinfo')}@h/?t=${planted('query')}`,
        [planted('field')]: 1,
        version: planted('version'),
      },
    ]
    writeFileSync(home.paths.log, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n${planted('crash')}\n{"msg":"${planted('half')}\n`, { flag: 'a' })
    writeFileSync(home.paths.output, planted('output'), { mode: 0o600 })
    mkdirSync(join(home.paths.state, 'sessions'), { recursive: true })
    writeFileSync(join(home.paths.state, 'sessions', 'claude-code-1.json'), JSON.stringify({ token: planted('session') }), { mode: 0o600 })
    mkdirSync(join(home.folder, '.claude'))
    writeFileSync(join(home.folder, '.claude', 'settings.json'), `{"env": {"KEY": "${planted('settings')}" oops`)
  }

  it('holds what a helper needs, and nothing of what was planted everywhere', async () => {
    await plantEverywhere()
    const path = join(home.folder, 'bundle.json')
    const variables = {
      ...env,
      HOME: home.folder,
      MUSTER_NODE: planted('variable'),
      MUSTER_PORT: '0',
      OTHER_SECRET: planted('environment'),
      MUSTER_DEBUG: planted('debug'),
    }
    const made = await home.json<Report & { readonly bundle: string }>(['doctor', '--bundle', 'bundle.json'], { env: variables })
    expect(made.bundle).toBe(path)
    const text = readFileSync(path, 'utf8')
    const tokens = [home.paths.adminToken, home.paths.enrolmentToken, home.paths.peerToken('ada')].map((file) => readFileSync(file, 'utf8').trim())
    for (const token of tokens) expect(text).not.toContain(token)
    expect(text.match(/PLANTED-\w+/g) ?? []).toEqual([])
    expect(text.toLowerCase()).not.toContain('planted')
    expect(mode(path)).toBe('600')

    const bundle = JSON.parse(text) as Record<string, object>
    expect(bundle).toMatchObject({
      versions: { node: process.versions.node },
      daemon: { running: true, status: { deadLetters: 0, durability: 'full' }, diagnosis: { outbox: { dead: 0 }, sources: [{ isReady: false }] } },
      settings: {
        file: { port: 6878, logLevel: '[redacted]', others: 1 },
        variables: { MUSTER_PORT: '0', MUSTER_NODE: '[redacted]', MUSTER_HOME: '[redacted]' },
      },
    })
    expect(bundle['findings']).toContainEqual(
      expect.objectContaining({ subject: 'database', check: 'integrity', state: 'ok', says: expect.stringContaining('whole') }),
    )
    expect(bundle['log']).toContainEqual(expect.objectContaining({ msg: 'connected', level: 30 }))
    expect(bundle['log']).toContainEqual(expect.objectContaining({ err: { type: 'Error', at: ['a.ts:1:2'] } }))

    // It never writes over anything.
    expect(await home.json(['doctor', '--bundle', 'bundle.json'], { env })).toMatchObject({ exit: 5, error: { code: 'file_exists' } })
    expect(await home.json(['doctor', '--bundle', 'no/such/folder.json'], { env })).toMatchObject({ exit: 1, error: { code: 'file_unwritable' } })
    expect(readFileSync(path, 'utf8')).toBe(text)
  })

  it('is made of a daemon that is down, too', async () => {
    await home.json(['doctor', '--bundle', 'b.json'], { env })
    expect(JSON.parse(readFileSync(join(home.folder, 'b.json'), 'utf8'))).toMatchObject({ daemon: { running: false }, log: [], settings: { file: 'none' } })
  })
})
