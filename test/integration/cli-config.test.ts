import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { SETTING_KEYS, SETTINGS, type Setting } from '../../src/settings.ts'
import { type HereOptions, musterHere } from '../support/cli-here.ts'

let home: string
let file: string

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-config-'))
  file = join(home, 'config.json')
})
afterEach(async () => {
  await rm(home, { recursive: true, force: true })
})

const muster = (args: readonly string[], options?: HereOptions) => musterHere(home, ['config', ...args], options)
const text = (path = file) => readFile(path, 'utf8')
const get = async (key: string, options?: HereOptions) =>
  JSON.parse((await muster(['get', key, '--json'], options)).stdout) as { value: unknown; source: string; from: string | null }

/** Values of each setting that its readers accept, and some that they do not. */
const VALUES: Readonly<Record<string, { readonly good: readonly string[]; readonly bad: readonly string[] }>> = {
  host: { good: ['127.0.0.1', '::1', 'localhost'], bad: ['', 'a b', 'x'.repeat(300)] },
  port: { good: ['0', '6878', '65535'], bad: ['65536', '-1', '1.5', 'http', '', ' 1'] },
  node: { good: ['alpha', 'a.b-c_d'], bad: ['-a', 'a b', '', 'x'.repeat(65)] },
  logLevel: { good: ['debug', 'error'], bad: ['loud', 'INFO', ''] },
  log: { good: ['stdout', 'file'], bad: ['syslog', ''] },
  logMaxBytes: { good: ['65536', '1073741824'], bad: ['65535', '1073741825', '10MB', ''] },
  logFiles: { good: ['1', '100'], bad: ['0', '101', '1.5', ''] },
  keepEvents: { good: ['7d', '3650d', '4w'], bad: ['6d', '3651d', '30', 'for ever', ''] },
  keepThreads: { good: ['90d'], bad: ['1h', ''] },
  durability: { good: ['full', 'os'], bad: ['none', ''] },
  allowedHosts: { good: ['', 'a.example', 'a.example,b.example'], bad: ['a b', 'http://x/'] },
  trustedProxy: { good: ['true', 'false'], bad: ['yes', '1', ''] },
  publicUrl: {
    good: ['https://crew.example.org', 'https://[fd00::1]:6879', 'https://x.example/muster'],
    bad: ['http://x', 'crew.example.org', 'https://u:p@x', 'https://x?y', ''],
  },
  tlsCert: { good: ['/etc/muster/cert.pem'], bad: ['cert.pem', '~/cert.pem', ''] },
  tlsKey: { good: ['/etc/muster/key.pem'], bad: ['key.pem', ''] },
  tlsHost: { good: ['0.0.0.0', '::', 'crew.example.org'], bad: ['a b', ''] },
  tlsPort: { good: ['0', '6879'], bad: ['65536', 'https', ''] },
  url: { good: ['http://127.0.0.1:6878', 'wss://x.example/m'], bad: ['127.0.0.1:6878', 'ftp://x', 'http://u:p@x', ''] },
  as: { good: ['ann', 'Ann.2'], bad: ['a b', '-a', ''] },
  name: { good: ['web'], bad: ['we b', ''] },
  telegram: {
    good: ['{}', '{"token": {"variable": "BOT"}}', '{"token": {"file": "/bot.token"}, "baseUrl": "http://127.0.0.1:8081"}'],
    bad: [
      '',
      '[]',
      '{"token": "77:AA"}',
      '{"baseUrl": "https://x.test"}',
      '{"token": {"file": "bot.token"}}',
      '{"token": {"variable": "BOT"}, "baseUrl": "http://x.test"}',
    ],
  },
  ntfy: {
    good: ['{}', '{"baseUrl": "https://ntfy.example.org"}', '{"token": {"file": "/ntfy.token"}}'],
    bad: ['', '{"baseUrl": "http://ntfy.example.org"}', '{"baseUrl": "https://u:p@x"}', '{"token": "tk_1"}', '{"topic": "x"}'],
  },
  webhooks: {
    good: ['[]', '[{"name": "home", "url": "https://x.test/hook", "secret": {"variable": "HOOK"}}]'],
    bad: [
      '',
      '{}',
      '[{"name": "home", "url": "https://x.test/hook"}]',
      '[{"name": "a b", "url": "https://x.test", "secret": {"variable": "H"}}]',
      '[{"name": "home", "url": "http://x.test", "secret": {"variable": "H"}}]',
    ],
  },
  pushHosts: { good: ['', 'push.example.org,127.0.0.1:8080'], bad: ['a b', 'https://x/'] },
  forges: {
    good: [
      '[]',
      '[{"host": "github.com", "kind": "github", "token": {"file": "/home/ada/github.token"}}]',
      '[{"host": "git.example.org:8443", "kind": "gitlab", "baseUrl": "https://git.example.org:8443/gitlab/api/v4", "token": {"variable": "GITLAB_TOKEN"}}]',
      '[{"host": "a.test", "kind": "github", "baseUrl": "http://127.0.0.1:1"}, {"host": "b.test", "kind": "gitlab", "baseUrl": "http://[::1]:1/"}]',
    ],
    bad: [
      '',
      '{',
      '{}',
      '"github.com"',
      '[1]',
      '[{"host": "github.com"}]',
      '[{"host": "GitHub.com", "kind": "github"}]',
      '[{"host": "https://github.com", "kind": "github"}]',
      '[{"host": "github.com", "kind": "bitbucket"}]',
      '[{"host": "github.com", "kind": "github", "tokn": {}}]',
      '[{"host": "github.com", "kind": "github", "token": "ghp_x"}]',
      '[{"host": "github.com", "kind": "github", "token": {"file": "github.token"}}]',
      '[{"host": "github.com", "kind": "github", "token": {"file": "/a", "variable": "A"}}]',
      '[{"host": "github.com", "kind": "github", "token": {"variable": "A=B"}}]',
      '[{"host": "github.com", "kind": "github", "baseUrl": "http://api.github.com"}]',
      '[{"host": "github.com", "kind": "github", "baseUrl": "https://ada:pw@api.github.com"}]',
      '[{"host": "github.com", "kind": "github", "baseUrl": "https://api.github.com/?a=b"}]',
      '[{"host": "github.com", "kind": "github", "baseUrl": "file:///etc"}]',
      '[{"host": "github.com", "kind": "github"}, {"host": "github.com", "kind": "gitlab"}]',
    ],
  },
  repositories: { good: ['/srv/git', '/srv/git,/home/ada/work'], bad: ['work', '~/work', '/srv,git'] },
  dashboardFiles: {
    good: ['/home/ada/DASHBOARD.md', 'web=/home/ada/web board.md,/home/ada/DASHBOARD.md'],
    bad: ['DASHBOARD.md', '/home/ada/notes.txt', 'web:/home/ada/DASHBOARD.md', '=/x.md'],
  },
  observeEvery: { good: ['1s', '5m'], bad: ['0s', '2d', 'often', ''] },
}

describe('muster config set', () => {
  it('knows values of every setting that a file may hold', () => {
    expect(Object.keys(VALUES).sort()).toEqual(SETTING_KEYS.filter((key) => (SETTINGS[key] as Setting).files.length > 0).sort())
  })

  it.each(Object.entries(VALUES))('%s: what it writes, its reader accepts; what it refuses is not written', async (key, { good, bad }) => {
    const place = { cwd: join(home, 'project') }
    await mkdir(place.cwd)
    const isOfProject = key === 'name'
    for (const value of good) {
      expect(await muster(['set', key, value], place), value).toMatchObject({ exit: 0 })
      expect((await get(key, place)).source).toBe(isOfProject ? 'project' : 'user')
      expect(() => loadConfig({ MUSTER_HOME: home }, home)).not.toThrow()
    }
    const path = isOfProject ? join(place.cwd, '.muster.json') : file
    const before = await text(path)
    for (const value of bad) {
      expect(await muster(['set', key, '--', value], place), value).toMatchObject({ exit: 64, stderr: expect.stringContaining('hint: Expected') })
      expect(await text(path)).toBe(before)
      if (SETTINGS[key as keyof typeof SETTINGS].of !== 'daemon') continue
      // The daemon agrees, whether it stands in the file or in the environment.
      const variable = SETTINGS[key as keyof typeof SETTINGS].variable
      if (value !== '') expect(() => loadConfig({ MUSTER_HOME: home, [variable]: value }, home), value).toThrow(variable)
    }
    expect(await muster(['unset', key], place)).toMatchObject({ exit: 0 })
    expect((await get(key, place)).source).toBe('default')
  })

  it('keeps comments, order, indentation and line ends', async () => {
    const before = '// mine\r\n{\r\n\t// the log\r\n\t"logLevel": "debug", // loud\r\n\t/* where */ "durability": "os",\r\n}\r\n'
    await writeFile(file, before)
    await muster(['set', 'node', 'alpha'])
    await muster(['set', 'logLevel', 'warn'])
    expect(await text()).toBe(
      '// mine\r\n{\r\n\t// the log\r\n\t"logLevel": "warn", // loud\r\n\t/* where */ "durability": "os",\r\n\t"node": "alpha",\r\n}\r\n',
    )
    await muster(['unset', 'durability'])
    expect(await text()).toBe('// mine\r\n{\r\n\t// the log\r\n\t"logLevel": "warn", // loud\r\n\t/* where */\r\n\t"node": "alpha",\r\n}\r\n')
    expect(loadConfig({ MUSTER_HOME: home }, home)).toMatchObject({ logLevel: 'warn', durability: 'full', node: 'alpha' })
    expect(await muster(['set', 'logLevel', 'warn'])).toMatchObject({ exit: 0, stdout: `logLevel is warn in ${file} already.\n` })
  })

  it('writes the file as a whole and keeps its mode', async () => {
    await writeFile(file, '{}\n', { mode: 0o600 })
    expect((await muster(['set', 'port', '7000'])).exit).toBe(0)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(dirname(file))).toEqual(['config.json'])
    expect(await text()).toBe('{\n  "port": 7000\n}\n')
  })

  it.each(['{', '[]', '{"port": }', '\u0000'])('leaves a file alone that it cannot read: %j', async (broken) => {
    await writeFile(file, broken)
    for (const args of [['set', 'port', '1'], ['unset', 'port'], ['list']]) {
      const { exit, stderr } = await muster(args)
      expect([exit, stderr.includes(file)], args.join(' ')).toEqual([1, true])
    }
    expect(await text()).toBe(broken)
  })

  it('refuses settings that contradict one another, in either order', async () => {
    expect(await muster(['set', 'host', '0.0.0.0'])).toMatchObject({ exit: 64, stderr: expect.stringContaining('"trustedProxy": true') })
    await muster(['set', 'trustedProxy', 'true'])
    expect(await muster(['set', 'host', '0.0.0.0'])).toMatchObject({ exit: 0 })
    for (const args of [
      ['set', 'trustedProxy', 'false'],
      ['unset', 'trustedProxy'],
    ]) {
      expect(await muster(args)).toMatchObject({ exit: 64 })
    }
    expect(loadConfig({ MUSTER_HOME: home }, home)).toMatchObject({ host: '0.0.0.0', trustedProxy: true })
  })
})

describe('what counts', () => {
  it('is the flag, the variable, the project, the user and the default, in this order', async () => {
    const project = join(home, 'project')
    const below = { cwd: join(project, 'src', 'deep') }
    await mkdir(below.cwd, { recursive: true })
    expect(await get('as', below)).toMatchObject({ value: null, source: 'default', from: null })
    await muster(['set', 'as', 'user'], below)
    expect(await get('as', below)).toMatchObject({ value: 'user', source: 'user', from: file })
    expect(await muster(['set', 'as', 'project', '--project'], { cwd: project })).toMatchObject({ exit: 0 })
    expect(await get('as', below)).toMatchObject({ value: 'project', source: 'project', from: join(project, '.muster.json') })
    expect(await get('as', { ...below, env: { MUSTER_AS: 'variable' } })).toMatchObject({ value: 'variable', source: 'variable', from: 'MUSTER_AS' })
    expect((await muster(['set', 'as', 'other'], below)).stderr).toBe(`What counts is project, from ${join(project, '.muster.json')}.\n`)
    expect((await muster(['get', 'as', '--show-source'], below)).stdout).toMatch(/^as +project\nfrom +\/.*\.muster\.json\n/)
  })

  it('takes no address from a project, and never shows a secret', async () => {
    await writeFile(join(home, '.muster.json'), '{"url": "http://203.0.113.1:1", "port": 1}')
    expect(await get('url')).toMatchObject({ value: null, source: 'default' })
    expect(await get('port')).toMatchObject({ value: 6878, source: 'default' })
    const env = { MUSTER_TOKEN: 'mp_geheim', MUSTER_URL: 'http://user:geheim@example.com' }
    for (const args of [['list'], ['list', '--show-source'], ['list', '--json'], ['get', 'token'], ['get', 'url'], ['get', 'token', '--json']]) {
      const { stdout, stderr } = await muster(args, { env })
      expect(stdout + stderr, args.join(' ')).not.toContain('geheim')
      expect(stdout).toContain('(set, not shown)')
    }
  })

  it('is said to be wrong where it would not be accepted', async () => {
    await writeFile(file, '{"url": "http://user:geheim@example.com"}')
    expect((await musterHere(home, ['peers'])).stderr).not.toContain('geheim')
    await writeFile(file, '{"port": "high", "as": 7}')
    expect(await muster(['list'])).toMatchObject({ exit: 1, stderr: expect.stringContaining(`${file}: port is not accepted\nhint: Expected a whole number`) })
    expect(await musterHere(home, ['inbox', '--peek', '--url', 'http://127.0.0.1:1'])).toMatchObject({
      exit: 1,
      stderr: expect.stringContaining(`${file}: as is not accepted\nhint: `),
    })
  })

  it('reaches the commands', async () => {
    await muster(['set', 'url', 'http://203.0.113.1:6878'])
    expect(await musterHere(home, ['peers'])).toMatchObject({ exit: 77, stderr: expect.stringContaining('http://203.0.113.1:6878') })
    expect(await musterHere(home, ['peers', '--url', 'http://203.0.113.2:6878'])).toMatchObject({ stderr: expect.stringContaining('203.0.113.2') })
  })
})

it('says when the daemon that runs does not see it yet', async () => {
  const restart = 'The daemon keeps what it was started with until: muster down && muster up\n'
  await mkdir(join(home, 'state'))
  await writeFile(join(home, 'state/daemon.json'), JSON.stringify({ pid: process.pid, url: 'http://127.0.0.1:1' }))
  expect(await muster(['set', 'logLevel', 'debug'])).toMatchObject({ exit: 0, stderr: restart })
  expect(await muster(['set', 'logLevel', 'debug'])).toMatchObject({ exit: 0, stderr: '' })
  expect(await muster(['set', 'as', 'ann'])).toMatchObject({ exit: 0, stderr: '' })
  expect(JSON.parse((await muster(['unset', 'logLevel', '--json'])).stdout)).toMatchObject({ changed: true, was: 'debug', value: 'info', restart: true })
})
