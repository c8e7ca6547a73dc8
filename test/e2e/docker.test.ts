import { chownSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DockerfileParser, type Instruction } from 'dockerfile-ast'
import { validate } from 'dockerfile-utils'
import { beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { loadConfig } from '../../daemon/config.ts'
import { localUrl } from '../../daemon/main.ts'
import { buildOnce, cleanEnvironment, emptyFolder, ROOT, run, start } from './programs.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
const text = read('docker/Dockerfile')
const instructions = DockerfileParser.parse(text).getInstructions()
const of = (keyword: string) => instructions.filter((instruction) => instruction.getKeyword() === keyword)
const argumentsOf = (instruction: Instruction | undefined) => instruction?.getRawArgumentsContent() ?? ''
const last = (keyword: string) => argumentsOf(of(keyword).at(-1))
const commandOf = (exec: string) => JSON.parse(exec.slice(exec.indexOf('['))) as string[]

interface Compose {
  readonly services: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly volumes: Readonly<Record<string, unknown>>
  readonly networks: Readonly<Record<string, unknown>>
}
const compose = parse(read('docker/compose.yaml'), { strict: true, uniqueKeys: true }) as Compose
const service = compose.services['muster'] ?? {}

describe('the Dockerfile', () => {
  it('is one that Docker reads without a warning', () => {
    expect(validate(text).map(({ message, range }) => `${range.start.line + 1}: ${message}`)).toEqual([])
    expect(validate('FROM node\nRUUN x').length).toBeGreaterThan(0)
  })

  it('builds in one stage and runs in another, both on the same pinned image', () => {
    expect(of('FROM').map(argumentsOf)).toEqual(['node:20-bookworm-slim AS build', 'node:20-bookworm-slim'])
    const copied = of('COPY').map((copy) => copy.getTextContent())
    expect(copied.slice(2).every((line) => line.startsWith('COPY --from=build /src/'))).toBe(true)
    expect(copied.length).toBe(8)
    expect(of('ADD')).toEqual([])
  })

  it('leaves no list of packages behind, and installs no more than it names', () => {
    const runs = of('RUN')
      .map(argumentsOf)
      .filter((command) => command.includes('apt-get install'))
    expect(runs.length).toBe(2)
    for (const command of runs) {
      expect(command).toContain('--no-install-recommends')
      expect(command).toContain('rm -rf /var/lib/apt/lists/*')
    }
  })

  it('runs as a user of its own, whose folder is the volume, under an init, and is looked after', () => {
    const [uid, gid] = last('USER').split(':').map(Number)
    expect([uid, gid]).toEqual([6878, 6878])
    expect(last('VOLUME')).toBe('/var/lib/muster')
    expect(last('ENV')).toContain(`MUSTER_HOME=${last('VOLUME')}`)
    expect(commandOf(last('ENTRYPOINT'))).toEqual(['tini', '--'])
    expect(commandOf(last('CMD'))).toEqual(['node', '/opt/muster/dist/daemon/bin.js'])
    expect(commandOf(last('HEALTHCHECK'))).toEqual(['muster', 'status'])
    expect(text).not.toMatch(/TOKEN|PASSWORD|SECRET/)
  })

  it('is given what the build reads and nothing else', () => {
    const [all, ...allowed] = read('.dockerignore')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
    expect(all).toBe('*')
    for (const line of allowed) expect(existsSync(join(ROOT, line.slice(1))), line).toBe(true)
    expect(allowed).not.toEqual(expect.arrayContaining([expect.stringMatching(/node_modules|\.git|dist|test/)]))
  })
})

describe('the Compose file', () => {
  /** Of the Compose specification; one that is misspelt is refused by Docker only when somebody needs it. */
  const KNOWN = 'image build restart stop_grace_period environment ports volumes networks read_only tmpfs cap_drop security_opt logging'.split(' ')

  it('has no key that Compose does not know, and declares what it uses', () => {
    expect(Object.keys(compose).sort()).toEqual(['name', 'networks', 'services', 'volumes'])
    expect(Object.keys(service).filter((key) => !KNOWN.includes(key))).toEqual([])
    expect(service['volumes']).toEqual([`data:${last('VOLUME')}`])
    expect(Object.keys(compose.volumes)).toEqual(['data'])
    expect(service['networks']).toEqual(Object.keys(compose.networks))
    expect(service['build']).toEqual({ context: '..', dockerfile: 'docker/Dockerfile' })
  })

  it('opens it to this machine only, gives it no rights, bounds its log, and waits for its goodbye', () => {
    expect(service['ports']).toEqual(['127.0.0.1:6878:6878'])
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], stop_grace_period: '30s' })
    expect(service['logging']).toMatchObject({ options: { 'max-size': '10m', 'max-file': '5' } })
    expect(service).not.toHaveProperty('privileged')
    expect(service).not.toHaveProperty('network_mode')
  })

  it('sets nothing that the daemon refuses, and every variable to a text', () => {
    const environment = service['environment'] as Record<string, unknown>
    expect(Object.values(environment).every((value) => typeof value === 'string')).toBe(true)
    expect(loadConfig(environment as Record<string, string>, '/nowhere')).toMatchObject({ host: '0.0.0.0', trustedProxy: true, node: 'muster', log: 'stdout' })
    expect(() => loadConfig({ ...(environment as Record<string, string>), MUSTER_TRUSTED_PROXY: '' }, '/nowhere')).toThrow(/loopback/)
    // In the container it is found by an address that can be connected to.
    expect([localUrl('0.0.0.0', 6878), localUrl('::', 1), localUrl('127.0.0.2', 2)]).toEqual(['http://127.0.0.1:6878', 'http://[::1]:1', 'http://127.0.0.2:2'])
  })
})

/** The command of a user as it runs in the image, from the files of this checkout. */
function inImage(user: number, exec: readonly string[], env: Record<string, string>) {
  const muster = [process.execPath, join(ROOT, 'dist/client/cli/main.js')]
  const words = exec.flatMap((word) => (word === 'muster' ? muster : [word.replace('/opt/muster', ROOT).replace(/^node$/, process.execPath)]))
  const args = ['--reuid', `${user}`, '--regid', `${user}`, '--clear-groups', '--no-new-privs', ...words]
  return ['setpriv', args, { cwd: '/', env: cleanEnvironment(env) }] as const
}

/** Whether another user may read this checkout, and this one may become another. */
async function mayBecomeOthers(): Promise<boolean> {
  if (process.getuid?.() !== 0) return false
  return (await run(...inImage(6878, ['test', '-r', join(ROOT, 'node_modules/pino/package.json')], {}))).status === 0
}

/** Docker is not at hand in a test: the same program and commands, as the same user, who is not that of the agents. */
describe('what the image runs', () => {
  beforeAll(buildOnce)

  it('serves another user of this machine with a token, who cannot read its files, and stops in order (skipped unless root)', async (test) => {
    if (!(await mayBecomeOthers())) return test.skip('only root may become the user of the image')
    const [uid, agent] = [Number(last('USER').split(':')[0]), 1_000]
    const [volume, folder] = [emptyFolder(), emptyFolder()]
    chownSync(volume, uid, uid)
    chownSync(folder, agent, agent)
    const variables = { MUSTER_HOME: volume, HOME: volume, MUSTER_PORT: '0', MUSTER_NODE: 'muster' }
    const daemon = start(...inImage(uid, commandOf(last('CMD')), variables))
    const [line] = await daemon.said(/^.*"msg":"ready".*$/m)
    const { url } = JSON.parse(line) as { url: string }
    expect(await run(...inImage(uid, commandOf(last('HEALTHCHECK')), variables))).toMatchObject({ status: 0 })

    // As docs/running.md has it: docker compose exec muster muster token enrol --label host
    const enrolled = await run(...inImage(uid, ['muster', 'token', 'enrol', '--label', 'host', '--json'], variables))
    const { token } = JSON.parse(enrolled.stdout) as { token: string }
    const theirs = { HOME: folder, MUSTER_URL: url, MUSTER_TOKEN: token }
    expect(await run(...inImage(agent, ['muster', 'notify', 'ada', 'a note to myself', '--as', 'ada'], theirs))).toMatchObject({ status: 0 })
    expect(await run(...inImage(agent, ['muster', 'inbox', '--as', 'ada'], theirs))).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('a note to myself'),
    })
    for (const file of ['state/admin.token', 'muster.db']) expect((await run(...inImage(agent, ['cat', join(volume, file)], {}))).status).not.toBe(0)

    process.kill(daemon.pid, 'SIGTERM')
    expect(await daemon.ended).toMatchObject({ status: 0, stdout: expect.stringContaining('"msg":"stopped"') })
    expect(await run(...inImage(uid, commandOf(last('HEALTHCHECK')), variables))).toMatchObject({ status: 3 })
  })
})
