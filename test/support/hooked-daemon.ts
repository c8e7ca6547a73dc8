import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect } from 'vitest'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import type { Input, Source } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { HttpClient } from '../contract/support/http-client.ts'
import { SteppedClock } from '../contract/support/stepped-clock.ts'
import { bodyOf, HEADERS, type Program, SECRETS } from './hooks.ts'

const STEP_MS = 10_000

export interface HookPeer {
  readonly id: string
  readonly name: string
  readonly token: string
  readonly client: HttpClient
}

export interface HookEvent {
  readonly id?: string
  readonly event?: string
  readonly body?: string | Uint8Array<ArrayBuffer>
  readonly secret?: string
  readonly time?: number
  readonly headers?: Readonly<Record<string, string>>
}

/** A real daemon on a real port to which events are sent; its time stands still but where a test lets it pass. */
export class HookedDaemon {
  readonly clock = new SteppedClock()
  readonly folder = mkdtempSync(join(tmpdir(), 'muster-ingress-'))
  daemon!: Daemon
  admin!: HttpClient
  #enrolment!: HttpClient
  readonly #errors: unknown[] = []
  #last = 0

  /** Starts with the tests of a file, and ends with them. */
  static use(): HookedDaemon {
    const node = new HookedDaemon()
    beforeAll(() => node.#start())
    // What a source may take in a minute is no matter but where a test is about it.
    beforeEach(() => node.pass(60_000))
    afterAll(async () => {
      await node.daemon.stop()
      rmSync(node.folder, { recursive: true, force: true })
      expect(node.#errors).toEqual([])
    })
    return node
  }

  async #start(): Promise<void> {
    const environment = { MUSTER_HOME: join(this.folder, 'home'), MUSTER_PORT: '0', MUSTER_PUBLIC_URL: 'https://crew.example.org/', VARIED: SECRETS.github }
    const config = loadConfig(environment, this.folder)
    const quiet = () => undefined
    const log = { debug: quiet, info: quiet, warn: quiet, error: (entry: unknown) => void this.#errors.push(entry) }
    this.daemon = await startDaemon({ config, clock: this.clock, log, onFatal: quiet })
    this.admin = new HttpClient(this.daemon.url, readFileSync(config.paths.adminToken, 'utf8').trim())
    this.#enrolment = new HttpClient(this.daemon.url, readFileSync(config.paths.enrolmentToken, 'utf8').trim())
  }

  /** Lets time pass, with turns in between, in which what is due is done. */
  async pass(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= STEP_MS) {
      this.clock.advance(Math.min(left, STEP_MS))
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  get seconds(): number {
    return Math.floor(this.clock.wallMs() / 1_000)
  }

  /** A number that was not there before. */
  next(): number {
    this.#last += 1
    return this.#last
  }

  async join(role: 'agent' | 'orchestrator' = 'agent'): Promise<HookPeer> {
    const name = `peer-${this.next()}`
    const token = async () => (await this.admin.call('enrolments.create', { circle: 'main', roles: [role] })).token
    const minted = role === 'agent' ? this.#enrolment : new HttpClient(this.daemon.url, await token())
    const joined = await minted.call('peers.register', { name, role, mode: 'pull' })
    return { id: joined.peer.id, name, token: joined.token, client: new HttpClient(this.daemon.url, joined.token) }
  }

  secretFile(text: string): string {
    const path = join(this.folder, `secret-${this.next()}`)
    writeFileSync(path, `${text}\n`, { mode: 0o600 })
    return path
  }

  async source(to: HookPeer, about: Partial<Input<'ingress.create'>> = {}): Promise<Source> {
    const program = (typeof about.verify === 'string' ? about.verify : 'github') as Program
    const secret = { file: this.secretFile(SECRETS[program]) }
    const input = { name: `hook-${this.next()}`, verify: program, secret, to: to.name, text: 'Event {{@event}}: {{n}}', ...about }
    return (await this.admin.call('ingress.create', input)).source
  }

  /** Sends an event as a program does. */
  async send(source: Pick<Source, 'path'>, program: Program, said: HookEvent = {}) {
    const { id = `e${this.next()}`, event = 'push', body, secret, time = this.seconds, headers = {} } = said
    const text = body ?? bodyOf(program, id, event)
    const signed = HEADERS[program](String(text), { id, event, time, ...(secret !== undefined && { secret }) })
    const all = { 'content-type': 'application/json', ...signed, ...headers }
    const response = await fetch(`${this.daemon.url}${source.path}`, { method: 'POST', headers: all, body: text })
    const answer = await response.text()
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: answer === '' ? undefined : (JSON.parse(answer) as Record<string, unknown>),
    }
  }

  /** What waits for a peer. */
  async mail({ client }: HookPeer) {
    return (await client.call('mailbox.inbox', { limit: 50 })).items.map(({ message, thread }) => ({ ...message, thread }))
  }

  async arrivals({ id }: Source) {
    return await this.admin.call('ingress.arrivals', { source: id })
  }

  /** One peer sends another as much as that has room for. */
  async fill(to: HookPeer, { token }: HookPeer): Promise<void> {
    const { runner, authenticate } = this.daemon.core.gateway
    const sender = authenticate(token)
    if (!sender) throw new Error('Nobody has that token')
    const input = { to: to.id, body: 'more', priority: 'normal', causedBy: null }
    await Promise.all(Array.from({ length: LIMITS.maxUnsolicited }, () => new Promise((resolve) => runner.run(sender, 'threads.notify', input, resolve))))
  }
}
