import { chmodSync, mkdirSync, utimesSync } from 'node:fs'
import { delimiter } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createTestDaemon } from '../../support/daemon.ts'
import { WireClient } from '../../support/wire-client.ts'
import { musterIn, type Options } from './cli-here.ts'
import { FakeHome } from './fake-home.ts'

const SETTINGS = '.gemini/settings.json'

/** A home with a program that answers as Gemini CLI does to what `install` and `doctor` ask it. */
function homeWithGemini(state = 'Connected'): FakeHome {
  const home = new FakeHome()
  mkdirSync(home.path('work'))
  const script = `#!/bin/sh\nif [ "$1" = --version ]; then echo 0.61.0; else echo "muster: muster mcp (stdio) - ${state}"; fi\n`
  chmodSync(home.write('bin/gemini', script), 0o755)
  return home
}

const withPath = (home: FakeHome, more: Options = {}): Options => ({
  ...more,
  env: { PATH: `${home.path('bin')}${delimiter}/usr/bin${delimiter}/bin`, ...more.env },
})
const documentOf = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>

describe('muster install', () => {
  it('shows each change, asks, does it, and says what the program itself sees and what to do next', async () => {
    using home = homeWithGemini()
    home.write(SETTINGS, '{\n  "theme": "dark"\n}\n')
    const { exit, stdout, stderr } = await musterIn(home, ['install', 'gemini'], withPath(home, { typed: 'y\n' }))
    expect(exit).toBe(0)
    expect(stdout).toContain(`--- ${home.path(SETTINGS)}\n+++ ${home.path(SETTINGS)}\n@@ -1,3 +1,`)
    expect(stdout).toContain('\n-  "theme": "dark"\n+  "theme": "dark",\n+  "mcpServers": {\n')
    expect(stdout).toMatch(/Muster is installed in Gemini CLI\.\ngemini mcp list: Connected\n$/)
    expect(stderr).toMatch(/^Do this\? \[y\/N\] Start gemini in a folder that it trusts/)
    const again = await musterIn(home, ['install', 'gemini'], withPath(home))
    expect([again.exit, again.stdout]).toEqual([0, 'Muster is installed in Gemini CLI already.\ngemini mcp list: Connected\n'])
  })

  it('has people asked for permissions where that is said, keeps it so, and goes back', async () => {
    using home = new FakeHome()
    mkdirSync(home.path('work'))
    chmodSync(home.write('bin/claude', '#!/bin/sh\nexit 0\n'), 0o755)
    const hook = async (...flags: readonly string[]) => {
      await musterIn(home, ['install', 'claude', '--scope', 'project', '--yes', ...flags], withPath(home))
      const { hooks } = documentOf(home.read('work/.claude/settings.json')) as {
        hooks: { PermissionRequest: { hooks: { command: string; timeout: number }[] }[] }
      }
      const [{ command, timeout } = { command: '', timeout: 0 }] = hooks.PermissionRequest[0]?.hooks ?? []
      return [/hook claude permission( --cards)?$/.exec(command)?.[1] ?? '', timeout]
    }
    expect(await hook()).toEqual(['', 10])
    expect(await hook('--permission-cards')).toEqual([' --cards', 86_430])
    expect(await hook()).toEqual([' --cards', 86_430])
    expect(await hook('--no-permission-cards')).toEqual(['', 10])
    expect(await musterIn(home, ['install', 'claude', '--permission-cards', '--no-permission-cards', '--yes'], withPath(home))).toMatchObject({ exit: 64 })
  })

  it('refuses to have people asked where no hook may answer', async () => {
    using home = homeWithGemini()
    const refused = await musterIn(home, ['install', 'gemini', '--permission-cards', '--yes'], withPath(home))
    expect(refused).toMatchObject({ exit: 64, stderr: expect.stringContaining('--permission-cards is for claude and codex.') })
  })

  it('changes nothing without a yes', async () => {
    using home = homeWithGemini()
    home.write(SETTINGS, '{}')
    const attempts = [
      [['install', 'gemini', '--dry-run'], {}, 0],
      [['install', 'gemini'], { typed: 'n\n' }, 1],
      [['install', 'gemini'], { typed: '\n' }, 1],
      [['install', 'gemini'], { typed: '' }, 1],
      [['install', 'gemini'], {}, 64],
      [['install', 'gemini', '--json'], { typed: 'y\n' }, 64],
    ] as const
    for (const [args, options, status] of attempts) {
      expect((await musterIn(home, args, withPath(home, options))).exit, args.join(' ')).toBe(status)
      expect(home.read(SETTINGS)).toBe('{}')
    }
  })

  it('says in JSON what it did', async () => {
    using home = homeWithGemini()
    home.write(SETTINGS, '{}')
    const diff = expect.stringContaining('+++ ')
    const files = [{ path: home.path(SETTINGS), action: 'change', diff }]
    const about = { v: 1, runtime: 'gemini', scope: 'user', files, commands: [] }
    const planned = await musterIn(home, ['install', 'gemini', '--dry-run', '--json'], withPath(home))
    expect(documentOf(planned.stdout)).toEqual({ ...about, state: 'planned' })
    const done = await musterIn(home, ['install', 'gemini', '--yes', '--json'], withPath(home))
    const health = { ok: true, said: 'gemini mcp list: Connected' }
    expect(documentOf(done.stdout)).toEqual({ ...about, state: 'installed', health, next: [expect.any(String)] })
    expect(done.stderr).toBe('')
    const gone = await musterIn(home, ['uninstall', 'gemini', '--yes', '--json'], withPath(home))
    expect(documentOf(gone.stdout)).toEqual({ ...about, state: 'removed' })
    expect(home.read(SETTINGS)).toBe('{}')
    const none = await musterIn(home, ['uninstall', 'gemini', '--yes', '--json'], withPath(home))
    expect(documentOf(none.stdout)).toEqual({ v: 1, runtime: 'gemini', scope: 'user', files: [], commands: [], state: 'unchanged' })
  })

  it('fails where the program does not get through to Muster, and says so', async () => {
    using home = homeWithGemini('Disconnected')
    const { exit, stdout, stderr } = await musterIn(home, ['install', 'gemini', '--yes'], withPath(home))
    expect(exit).toBe(1)
    expect(stdout).toContain('gemini mcp list: Disconnected')
    expect(stderr).toContain('muster: Gemini CLI does not get through to Muster: gemini mcp list: Disconnected\n')
  })

  it('refuses a broken file with its place, and a program that is not there', async () => {
    using home = homeWithGemini()
    home.write(SETTINGS, '{\n  "a": 1,,\n}')
    const broken = await musterIn(home, ['install', 'gemini', '--yes', '--json'], withPath(home))
    expect(broken.exit).toBe(1)
    expect(documentOf(broken.stdout)).toMatchObject({ error: { code: 'config_refused', message: expect.stringContaining('line 2, column 10') } })
    const { exit, stderr } = await musterIn(home, ['install', 'claude', '--yes'], withPath(home))
    expect(exit).toBe(4)
    expect(stderr).toBe('muster: there is no claude on the PATH\nhint: Install Claude Code first; nothing was changed.\n')
  })

  it('sends nothing of a file to the terminal that would act on it', async () => {
    using home = homeWithGemini()
    home.write(SETTINGS, '{\n  "a": "\u202e\u009b31m",\n  "b": 1\n}')
    const { stdout } = await musterIn(home, ['install', 'gemini', '--dry-run'], withPath(home))
    expect(stdout).toContain('   "a": "\\u{202e}\\x9b31m",')
  })

  it('puts the folder of a Muster with a home of its own into the entries', async () => {
    using home = homeWithGemini()
    const env = { MUSTER_HOME: home.path('my muster') }
    await musterIn(home, ['install', 'gemini', '--yes'], withPath(home, { env }))
    expect(home.read(SETTINGS)).toContain(`"MUSTER_HOME='${home.path('my muster')}' `)
    expect(JSON.parse(home.read(SETTINGS))).toMatchObject({ mcpServers: { muster: { env } } })
  })

  it('refuses to do for one folder what is done for the user already, and the other way round', async () => {
    using home = homeWithGemini()
    await musterIn(home, ['install', 'gemini', '--yes'], withPath(home))
    const { exit, stderr } = await musterIn(home, ['install', 'gemini', '--scope', 'project', '--yes'], withPath(home))
    expect(exit).toBe(5)
    expect(stderr).toContain('is installed in Gemini CLI for this user already')
    await musterIn(home, ['uninstall', 'gemini', '--yes'], withPath(home))
    expect((await musterIn(home, ['install', 'gemini', '--scope', 'project', '--yes'], withPath(home))).exit).toBe(0)
    expect((await musterIn(home, ['install', 'gemini', '--yes'], withPath(home))).stderr).toContain('muster uninstall gemini --scope project')
  })

  it.each([
    [['install'], '<runtime> is missing'],
    [['install', 'gemni'], 'there is no runtime "gemni"'],
    [['install', 'constructor'], 'there is no runtime "constructor"'],
    [['uninstall', 'gemini', '--scope', 'global'], '--scope cannot be "global"'],
  ])('%j is no command', async (args, message) => {
    using home = new FakeHome()
    const { exit, stderr } = await musterIn(home, args)
    expect(exit).toBe(64)
    expect(stderr).toContain(`muster: ${message}\n`)
  })
})

describe('muster doctor', () => {
  type Finding = { subject: string; check: string; state: string; says: string; hint?: string }
  const examine = async (home: FakeHome) => {
    const { exit, stdout } = await musterIn(home, ['doctor', '--json'], withPath(home))
    const { ok, findings } = documentOf(stdout) as { ok: boolean; findings: Finding[] }
    expect(exit).toBe(ok ? 0 : 1)
    return (subject: string, check: string) => findings.find((finding) => finding.subject === subject && finding.check === check)
  }

  it('tells of each runtime whether it is found, installed in, and whether its hooks have fired', async () => {
    using home = homeWithGemini()
    let found = await examine(home)
    expect(found('daemon', 'running')).toMatchObject({ state: 'fail', says: 'not running', hint: 'muster up starts it.' })
    expect(found('claude', 'found')).toMatchObject({ state: 'off', says: 'there is no claude on the PATH' })
    expect(found('gemini', 'found')).toMatchObject({ state: 'ok', says: `0.61.0 at ${home.path('bin/gemini')}` })
    expect(found('gemini', 'configured')).toMatchObject({ state: 'off', says: 'not installed', hint: 'muster install gemini connects it.' })

    await musterIn(home, ['install', 'gemini', '--yes'], withPath(home))
    found = await examine(home)
    expect(found('gemini', 'configured')).toMatchObject({ state: 'ok', says: expect.stringMatching(/^MCP server, \d hooks$/) })
    expect(found('gemini', 'hooks')).toMatchObject({ state: 'warn', says: 'none has fired here yet' })

    const memory = home.write('.local/state/muster/sessions/gemini-0123.memory.json', '{}')
    const before = Date.now() / 1000 - 300
    utimesSync(memory, before, before)
    expect((await examine(home))('gemini', 'hooks')).toMatchObject({ state: 'ok', says: 'last fired 5m ago' })
  })

  it('tells which sessions can be reached now, and of one that has to look by itself', async () => {
    using home = homeWithGemini()
    await using daemon = await createTestDaemon()
    const env = { MUSTER_HOME: daemon.home.path }
    const look = async () => {
      const { stdout } = await musterIn(home, ['doctor', '--json'], withPath(home, { env }))
      const { findings } = documentOf(stdout) as { findings: Finding[] }
      return findings.filter(({ check }) => check === 'running' || check === 'reach')
    }
    expect(await look()).toEqual([expect.objectContaining({ subject: 'daemon', state: 'ok' })])

    await using joining = await WireClient.greet(daemon.url, daemon.home.token('enrolment'))
    const { token } = await joining.call('peers.register', { name: 'gemini-work', mode: 'pull', runtime: 'gemini' })
    await using session = await WireClient.greet(daemon.url, token)
    expect(await look()).toContainEqual(expect.objectContaining({ subject: 'gemini', check: 'reach', state: 'warn', says: 'gemini-work: poll' }))
    await session.call('sessions.boundary', { at: 'start' })
    expect(await look()).toContainEqual(expect.objectContaining({ subject: 'gemini', check: 'reach', state: 'ok', says: 'gemini-work: hook' }))
  })

  it('sees entries that lead nowhere, that are incomplete, of another Muster, and broken files', async () => {
    using home = homeWithGemini()
    await musterIn(home, ['install', 'gemini', '--yes'], withPath(home))
    const whole = home.read(SETTINGS)
    const configured = async (text: string) => {
      home.write(SETTINGS, text)
      return (await examine(home))('gemini', 'configured')
    }
    expect(await configured(whole.replaceAll(/[^" ]*client\/cli\/main/g, '/gone/client/cli/main'))).toMatchObject({
      state: 'fail',
      says: expect.stringContaining('there is no /gone/client/cli/main'),
    })
    expect(await configured(whole.replace('hook gemini stop', 'hook gemini end'))).toMatchObject({
      state: 'warn',
      hint: 'muster install gemini brings it up to date.',
    })
    expect(await configured('{"a" 1}')).toMatchObject({ state: 'fail', says: expect.stringContaining('line 1, column 6: colon expected') })
  })
})
