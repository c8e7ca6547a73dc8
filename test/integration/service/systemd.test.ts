import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRunning } from '../../../client/local/process-facts.ts'
import { CliHome } from '../../support/cli-process.ts'
import { type FakeSystemd, fakeSystemd } from './fake-systemd.ts'

interface Status {
  readonly name: string
  readonly file: string
  readonly installed: boolean
  readonly active: boolean
}

describe.runIf(process.platform === 'linux')('muster service on systemd', () => {
  let home: CliHome
  let systemd: FakeSystemd
  beforeEach(async () => {
    home = await CliHome.make()
    systemd = fakeSystemd(home)
  })
  afterEach(async () => {
    await home.run(['service', 'uninstall', '--yes'], { env: systemd.env })
    await home.remove()
  })

  const service = async (...args: string[]) => await home.run(['service', ...args], { env: systemd.env })
  // From processes like those that install: here, the daemon would be started otherwise.
  const json = async <T extends object>(...args: string[]) => {
    const { exit, stdout } = await home.run([...args, '--json'], { env: systemd.env })
    return { ...(JSON.parse(stdout) as T), exit }
  }
  const status = async () => await json<Status>('service', 'status')

  it('installs, starts, shows and removes the daemon, and what is done twice changes nothing', async () => {
    expect(await status()).toMatchObject({ exit: 3, installed: false, active: false })
    const installed = await service('install', '--yes')
    expect(installed).toMatchObject({ exit: 0, stderr: expect.stringContaining('loginctl enable-linger') })
    const { name, file } = await status()
    expect(name).toMatch(/^muster-[0-9a-f]{8}\.service$/)
    const text = readFileSync(file, 'utf8')
    expect(text).toContain(`Environment="MUSTER_HOME=${home.folder}"\n`)
    expect(text).toContain(`ExecStart="${process.execPath}" `)
    expect(text).not.toContain('TOKEN')
    expect(installed.stdout).toContain('+Restart=on-failure')
    expect(installed.stdout).toContain(`runs: systemctl --user enable ${name}`)
    expect(await home.json(['status'])).toMatchObject({ exit: 0, running: true })
    // Its log is systemd's, so it keeps none itself.
    expect(systemd.journal()).toContain('"msg":"ready"')
    expect(existsSync(home.paths.log)).toBe(false)
    expect((await json<{ findings: object[] }>('doctor')).findings).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ subject: 'service', check: 'installed', state: 'ok' }),
        expect.objectContaining({ subject: 'service', check: 'running', state: 'ok' }),
        expect.objectContaining({ subject: 'service', check: 'linger', state: 'warn' }),
      ]),
    )

    const before = systemd.calls().length
    systemd.set('linger', 'yes')
    expect(await service('install', '--yes')).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('installed already'),
      stderr: expect.not.stringContaining('linger'),
    })
    expect(systemd.calls().slice(before)).toEqual([expect.stringContaining('--user show')])
    expect(readFileSync(file, 'utf8')).toBe(text)

    // A drop-in of the user's own stays.
    mkdirSync(`${file}.d`)
    writeFileSync(join(`${file}.d`, 'override.conf'), '[Service]\n')
    const { pid } = JSON.parse(readFileSync(home.paths.daemonFile, 'utf8')) as { pid: number }
    expect(await service('uninstall', '--yes')).toMatchObject({ exit: 0, stdout: expect.stringContaining('-Restart=on-failure') })
    expect(isRunning(pid)).toBe(false)
    expect(readdirSync(dirname(file))).toEqual([`${name}.d`])
    expect(existsSync(home.paths.database)).toBe(true)
    expect(await service('uninstall')).toMatchObject({ exit: 0, stdout: `${name} is not installed.\n` })
  })

  it('brings a file of an older version up to date, and starts what is in it', async () => {
    expect((await service('install', '--yes')).exit).toBe(0)
    const { file } = await status()
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^ExecStart=.*$/m, 'ExecStart="/gone/node" "/gone/bin.js"'))
    const { findings } = await json<{ findings: object[] }>('doctor')
    expect(findings).toContainEqual(
      expect.objectContaining({ subject: 'service', check: 'installed', state: 'fail', says: expect.stringContaining('/gone/node') }),
    )
    const again = await service('install', '--yes')
    expect(again).toMatchObject({ exit: 0, stdout: expect.stringContaining('-ExecStart="/gone/node"') })
    expect(await status()).toMatchObject({ exit: 0, current: true, active: true })
  })

  it('shows all of it in a dry run, asks, and changes nothing unless told to', async () => {
    const dry = await service('install', '--dry-run')
    expect(dry).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('+RestartPreventExitStatus=65 69 77 78'),
      stderr: expect.stringContaining('Nothing was changed'),
    })
    expect(await json('service', 'install', '--dry-run')).toMatchObject({
      exit: 0,
      state: 'planned',
      commands: [expect.arrayContaining(['daemon-reload']), expect.arrayContaining(['enable']), expect.arrayContaining(['restart'])],
    })
    expect(await service('install')).toMatchObject({ exit: 64, stderr: expect.stringContaining('nobody to ask') })
    expect(existsSync(join(home.folder, '.config'))).toBe(false)
    expect(systemd.calls().filter((call) => !call.includes('show'))).toEqual([])
  })

  it('leaves a file alone that somebody else wrote', async () => {
    const { file } = await status()
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '[Service]\nExecStart=/bin/true\n')
    for (const verb of ['install', 'uninstall']) {
      expect(await service(verb, '--yes')).toMatchObject({ exit: 5, stderr: expect.stringContaining('was not written by muster') })
    }
    expect(readFileSync(file, 'utf8')).toBe('[Service]\nExecStart=/bin/true\n')
    rmSync(file)
  })

  it('refuses beside a daemon that was started otherwise, and where no systemd is reached; a dry run refuses alike', async () => {
    await home.run(['up'])
    for (const flag of ['--yes', '--dry-run']) expect(await service('install', flag)).toMatchObject({ exit: 5, stderr: expect.stringContaining('muster down') })
    await home.run(['down'])
    systemd.set('no-bus')
    for (const flag of ['--yes', '--dry-run'])
      expect(await service('install', flag)).toMatchObject({ exit: 1, stderr: expect.stringContaining('Failed to connect to bus') })
    expect(existsSync(join(home.folder, '.config'))).toBe(false)
    rmSync(join(systemd.env['FAKE'] ?? '', 'no-bus'))
  })

  it('says what failed, and goes on from there when called again', async () => {
    systemd.set('fails')
    expect(await service('install', '--yes')).toMatchObject({ exit: 1, stderr: expect.stringContaining('Job for muster-') })
    expect(await status()).toMatchObject({ exit: 3, installed: true, active: false })
    rmSync(join(systemd.env['FAKE'] ?? '', 'fails'))
    expect((await service('install', '--yes')).exit).toBe(0)
    expect(await status()).toMatchObject({ exit: 0, active: true })
  })
})
