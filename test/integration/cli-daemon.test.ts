import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isRunning } from '../../client/local/process-facts.ts'
import { CliHome } from '../support/cli-process.ts'

let home: CliHome
beforeEach(async () => {
  home = await CliHome.make()
})
afterEach(() => home.remove())

interface Up {
  readonly state: string
  readonly pid: number
  readonly url: string
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  server.close()
  await once(server, 'close')
  return port
}

async function writeDaemonFile(pid: number): Promise<void> {
  await mkdir(home.paths.state, { recursive: true })
  const url = `http://127.0.0.1:${await freePort()}`
  await writeFile(home.paths.daemonFile, JSON.stringify({ pid, url, startedAt: '2026-01-01T00:00:00.000Z', version: '0.0.0' }))
}

function startSleeper(): ChildProcess & { readonly pid: number } {
  return spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }) as ChildProcess & { readonly pid: number }
}

describe('muster up and down', () => {
  it('start, find, show and stop the daemon, each as often as one likes', async () => {
    const first = await home.run(['up'])
    expect(first).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^Muster \S+ runs at http:\/\/127\.0\.0\.1:\d+ \(pid \d+\)\.\n$/),
      stderr: expect.stringMatching(/^The dashboard is at http:\/\/127\.0\.0\.1:\d+; muster pair .*\nNext: muster /),
    })
    const again = await home.json<Up>(['up'])
    expect(again).toMatchObject({ exit: 0, state: 'running', log: home.paths.log })
    expect(first.stdout).toContain(`${again.url} (pid ${again.pid})`)
    expect((await stat(home.paths.daemonFile)).mode & 0o777).toBe(0o600)

    const status = await home.run(['status'])
    expect(status).toMatchObject({ exit: 0, stdout: expect.stringContaining(`${again.url} (pid ${again.pid})`), stderr: '' })
    expect(await home.json(['status'])).toMatchObject({
      exit: 0,
      running: true,
      pid: again.pid,
      status: { openAsks: 0, durability: 'full' },
      dead: [],
      pairs: [],
    })

    expect(await home.run(['down'])).toEqual({ exit: 0, stdout: `The daemon (pid ${again.pid}) has stopped.\n`, stderr: '' })
    expect(isRunning(again.pid)).toBe(false)
    expect(existsSync(home.paths.daemonFile)).toBe(false)
    expect(await home.json(['down'])).toEqual({ exit: 0, v: 1, state: 'not_running', pid: null })
    expect((await home.run(['status'])).exit).toBe(3)

    expect(await home.run(['logs', '-n', '500'])).toMatchObject({ exit: 0, stdout: expect.stringMatching(/info {2}ready url=http:.*\n[\s\S]*info {2}stopped/) })
    const entries = (await home.run(['logs', '--json'])).stdout.trimEnd().split('\n')
    expect(entries.map((line) => JSON.parse(line) as object)).toContainEqual({ v: 1, entry: expect.objectContaining({ msg: 'ready', url: again.url }) })
  })

  it('at the same time lead to one daemon', async () => {
    const port = String(await freePort())
    const both = await Promise.all([home.json<Up>(['up', '--port', port]), home.json<Up>(['up', '--port', port])])
    expect(both.map(({ exit }) => exit)).toEqual([0, 0])
    expect(new Set(both.map(({ pid }) => pid)).size).toBe(1)
    expect(both[0].url).toBe(`http://127.0.0.1:${port}`)
  })

  it('clear away what a dead daemon left behind', async () => {
    const gone = startSleeper()
    gone.kill('SIGKILL')
    await once(gone, 'exit')
    await writeDaemonFile(gone.pid)
    expect(await home.run(['peers'])).toMatchObject({ exit: 3, stderr: 'muster: the daemon is not running\nhint: muster up starts it.\n' })
    expect(await home.json(['down'])).toMatchObject({ exit: 0, state: 'not_running' })
    expect(existsSync(home.paths.daemonFile)).toBe(false)
    await writeDaemonFile(gone.pid)
    const up = await home.json<Up>(['up'])
    expect(up).toMatchObject({ exit: 0, state: 'started' })
    expect(JSON.parse(await readFile(home.paths.daemonFile, 'utf8'))).toMatchObject({ pid: up.pid })
  })

  it.runIf(process.platform === 'linux')('never touch another program that has the pid by now', async () => {
    const sleeper = startSleeper()
    try {
      await writeDaemonFile(sleeper.pid)
      expect(await home.json(['down'])).toMatchObject({ exit: 0, state: 'not_running' })
      await writeDaemonFile(sleeper.pid)
      expect(await home.json(['up'])).toMatchObject({ exit: 0, state: 'started' })
      expect(isRunning(sleeper.pid)).toBe(true)
    } finally {
      sleeper.kill('SIGKILL')
    }
  })

  it('leave a process alone that looks like the daemon and does not answer', async () => {
    // The name of the daemon's file in its command line is no proof.
    const silent = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', 'daemon/bin.js'], { stdio: 'ignore' }) as ChildProcess & {
      readonly pid: number
    }
    try {
      await writeDaemonFile(silent.pid)
      expect(await home.run(['down'])).toMatchObject({ exit: 75, stderr: expect.stringContaining('nothing proves that it is the daemon') })
      expect(await home.run(['up', '--timeout', '100ms'])).toMatchObject({ exit: 75, stderr: expect.stringContaining(`pid ${silent.pid}`) })
      expect(isRunning(silent.pid)).toBe(true)
    } finally {
      silent.kill('SIGKILL')
      await once(silent, 'exit')
    }
  })

  it('name the owner of a taken port, and the way to another', async () => {
    const server = createServer((socket) => socket.destroy())
    const port = await listen(server)
    try {
      const { exit, stdout, stderr } = await home.run(['up', '--port', String(port)])
      expect([exit, stdout]).toEqual([5, ''])
      expect(stderr).toContain(`port ${port} is taken by pid ${process.pid} (`)
      expect(stderr).toContain(`muster up --port ${port + 1} (or MUSTER_PORT=${port + 1})`)
      expect(existsSync(home.paths.daemonFile)).toBe(false)
    } finally {
      server.close()
    }
  })

  it('say why the daemon did not start', async () => {
    expect(await home.run(['up'], { env: { MUSTER_DURABILITY: 'hope' } })).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: expect.stringContaining('MUSTER_DURABILITY'),
    })
    await mkdir(home.folder, { recursive: true })
    await writeFile(home.paths.config, '{"prot": 1}')
    expect(await home.json(['up'])).toMatchObject({ exit: 1, error: { code: 'not_started', message: expect.stringContaining('prot') } })
  })

  it('keep the credentials of the caller from the daemon', async () => {
    const { pid } = await home.json<Up>(['up'], { env: { MUSTER_TOKEN: 'secret', MUSTER_AS: 'bob' } })
    if (process.platform !== 'linux') return
    const environ = await readFile(`/proc/${pid}/environ`, 'utf8')
    expect(environ).toContain('MUSTER_HOME=')
    expect(environ).not.toMatch(/MUSTER_TOKEN|MUSTER_AS/)
  })
})
