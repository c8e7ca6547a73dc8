import { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect, type MusterPeer } from '../../../client/index.ts'
import type { RunnerEvent } from '../../../client/runner/report.ts'
import { until } from '../../support/agent.ts'
import { CliHome, type CliProcess } from '../../support/cli-process.ts'

const PROGRAM = fileURLToPath(new URL('../../support/app-server-program.mjs', import.meta.url))

let home: CliHome
let url: string
let desk: MusterPeer
let env: Readonly<Record<string, string>>

beforeAll(async () => {
  home = await CliHome.make()
  url = (await home.json<{ url: string }>(['up'])).url
  const kept = new Map<string, string>()
  const credentials = { load: async () => kept.get('token'), save: async (token: string) => void kept.set('token', token) }
  desk = await connect({ url: () => url, name: 'desk', enrolment: readFileSync(home.paths.enrolmentToken, 'utf8').trim(), credentials })
  const bin = join(home.folder, 'bin')
  mkdirSync(bin)
  writeFileSync(join(bin, 'codex'), `#!/bin/sh\nexec ${process.execPath} ${PROGRAM} "$@"\n`)
  chmodSync(join(bin, 'codex'), 0o755)
  env = { PATH: `${bin}:${process.env['PATH']}` }
})
afterAll(async () => {
  await desk.close()
  await home.remove()
})

/** A `muster run codex` in a folder of its own, and what it has said. */
class Runner implements AsyncDisposable {
  readonly folder: string
  readonly threads: string
  readonly #process: CliProcess

  constructor(args: readonly string[] = [], folder = realpathSync(mkdtempSync(join(home.folder, 'w-')))) {
    this.folder = folder
    this.threads = join(folder, 'threads')
    mkdirSync(this.threads, { recursive: true })
    this.#process = home.start(['run', 'codex', '--json', '--cwd', folder, ...args], { env: { ...env, SCRIPTED_THREADS: this.threads } })
  }

  get events(): RunnerEvent[] {
    const lines = this.#process.written.stdout.split('\n').slice(0, -1)
    return lines.map((line) => JSON.parse(line) as RunnerEvent)
  }

  get finished() {
    return this.#process.finished
  }

  async heard<W extends RunnerEvent['what']>(what: W, times = 1): Promise<RunnerEvent & { readonly what: W }> {
    const found = () => this.events.filter((event): event is RunnerEvent & { readonly what: W } => event.what === what)
    await until(() => found().length >= times, `${times} ${what} in ${JSON.stringify(this.#process.written)}`)
    return found().at(-1) as RunnerEvent & { readonly what: W }
  }

  async end(): Promise<number | null> {
    this.#process.interrupt()
    return (await this.#process.finished).exit
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end()
  }
}

const deliveryOf = async (message: string | undefined) => (await desk.call('threads.trace', { id: message ?? '' })).deliveries[0]
const codexPid = ({ thread }: { readonly thread: string }) => Number(thread.slice('thread-'.length))

describe('muster run codex', () => {
  it('is a peer that is told what waits, proves what its model saw, and leaves on Ctrl-C', async () => {
    await using runner = new Runner()
    const { peer } = await runner.heard('joined')
    await until(async () => (await desk.call('peers.get', { peer })).peer.reach === 'push', 'it can be woken')
    const { sent } = await desk.notify(peer, 'The build is green.')
    expect(await runner.heard('told')).toMatchObject({ how: 'began', prompt: false, from: ['desk'], messages: [sent[0]?.message] })
    await until(async () => (await deliveryOf(sent[0]?.message))?.state === 'acked', 'it was seen')
    expect(await deliveryOf(sent[0]?.message)).toMatchObject({ attempt: 1, seenAt: expect.any(String) })
    await until(async () => (await desk.call('peers.get', { peer })).peer.turn === 'idle', 'it is idle')
    expect((await runner.heard('said')).text).toBe('Read in turn-1.')
    expect(await runner.end()).toBe(0)
    expect(runner.events.at(-1)).toMatchObject({ what: 'left', peer })
    expect((await desk.call('peers.get', { peer })).peer.presence).toBe('offline')
  })

  it('begins with the prompt and what waits, in one turn', async () => {
    const folder = realpathSync(mkdtempSync(join(home.folder, 'w-')))
    const first = new Runner([], folder)
    const { peer } = await first.heard('joined')
    await first.end()
    await desk.notify(peer, 'The build is green.')
    await using second = new Runner(['--', 'Go.'], folder)
    expect((await second.heard('joined')).peer).toBe(peer)
    expect(await second.heard('told')).toMatchObject({ how: 'began', prompt: true, messages: [expect.any(String)] })
    await second.heard('turn', 2)
    expect(second.events.filter(({ what }) => what === 'told')).toHaveLength(1)
  })

  it('goes on in the thread when Codex ends, and where there was no turn yet in another, as the same peer', async () => {
    await using runner = new Runner()
    const joined = await runner.heard('joined')
    process.kill(codexPid(joined), 'SIGKILL')
    const back = await runner.heard('back')
    expect(back.thread).not.toBe(joined.thread)
    await desk.notify(joined.peer, 'one')
    await runner.heard('turn', 2)
    process.kill(codexPid(back), 'SIGKILL')
    expect((await runner.heard('back', 2)).thread).toBe(back.thread)
    await desk.notify(joined.peer, 'two')
    await runner.heard('told', 2)
    const shown = readFileSync(join(runner.threads, `${back.thread}.jsonl`), 'utf8')
    for (const body of ['| one', '| two']) expect(shown.split(body)).toHaveLength(2)
    expect(runner.events.filter(({ what }) => what === 'joined')).toHaveLength(1)
  })

  it('gives back what Codex does not take, and takes what comes then', async () => {
    await using runner = new Runner()
    const { peer } = await runner.heard('joined')
    const { sent } = await desk.notify(peer, 'This is refused.')
    expect((await runner.heard('problem')).text).toContain('no such model')
    await until(async () => ((await deliveryOf(sent[0]?.message))?.failures ?? 0) > 0, 'it waits again')
    const next = await desk.notify(peer, 'The build is green.')
    await until(async () => (await deliveryOf(next.sent[0]?.message))?.state === 'acked', 'what came then was seen')
  })

  it('refuses what Codex asks for, and says that it was asked', async () => {
    await using runner = new Runner(['--', 'asks'])
    await runner.heard('declined', 6)
    await runner.heard('turn', 2)
    const { peer } = await runner.heard('joined')
    await until(async () => (await desk.call('peers.get', { peer })).peer.turn === 'idle', 'the turn is over')
    const changes = (await desk.call('events.list', { types: ['peer'], limit: 200 })).events
    expect(JSON.stringify(changes)).toContain('awaiting_input')
  })

  it('drives a thread that no other drives', async () => {
    await using runner = new Runner(['--', 'Go.'])
    await runner.heard('turn', 2)
    await using second = new Runner(['--resume', 'last'], runner.folder)
    const { exit, stdout } = await second.finished
    expect([exit, JSON.parse(stdout) as object]).toMatchObject([
      1,
      { error: { code: 'runtime_failed', message: expect.stringContaining('another muster run') } },
    ])
    expect((await runner.heard('joined')).peer).toMatch(/^codex-w-/)
  })

  it('ends with a reason where it cannot begin', async () => {
    const refusal = async (args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
      const { exit, stdout } = await home.run([...args, '--json'], { env: { ...env, SCRIPTED_THREADS: home.folder, ...more } })
      return { exit, ...(JSON.parse(stdout) as { readonly error: { readonly code: string } }).error }
    }
    expect(await refusal(['run', 'gemini'])).toMatchObject({ exit: 64, code: 'usage' })
    expect(await refusal(['run', 'codex', '--cwd', '/nonexistent'])).toMatchObject({ exit: 64, code: 'usage' })
    expect(await refusal(['run', 'codex', '--resume', 'nothing'])).toMatchObject({ exit: 1, code: 'runtime_failed' })
    expect(await refusal(['run', 'codex'], { PATH: '/nonexistent' })).toMatchObject({ exit: 4, code: 'runtime_not_found' })
    expect(await refusal(['run', 'codex'], { MUSTER_HOME: mkdtempSync(join(home.folder, 'empty-')) })).toMatchObject({ exit: 3, code: 'not_running' })
    expect(await refusal(['run', 'codex'], { MUSTER_TOKEN: 'me_unknown' })).toMatchObject({ code: 'unauthenticated' })
  })
})
