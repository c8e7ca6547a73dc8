import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'vitest'
import { loadConfig } from '../../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../../daemon/main.ts'
import type { Input } from '../../../src/contract/index.ts'
import { SteppedClock } from './stepped-clock.ts'
import { Wire } from './wire.ts'

export interface Member {
  readonly id: string
  readonly token: string
  readonly credential: string
}

/** The real daemon on a real port, with a database of its own and time that stands still. */
export class TestDaemon implements AsyncDisposable {
  readonly clock: SteppedClock
  readonly daemon: Daemon
  readonly adminToken: string
  readonly enrolmentToken: string
  /** What the daemon logged as an error: nothing that a client does may cause one. */
  readonly errors: unknown[]
  /** The folder of the artifacts. */
  readonly artifacts: string
  readonly #folder: string
  readonly #database: Database.Database

  private constructor(folder: string, clock: SteppedClock, daemon: Daemon, errors: unknown[]) {
    const { paths } = loadConfig({ MUSTER_HOME: folder }, folder)
    this.#folder = folder
    this.clock = clock
    this.daemon = daemon
    this.errors = errors
    this.artifacts = paths.artifacts
    this.adminToken = readFileSync(paths.adminToken, 'utf8').trim()
    this.enrolmentToken = readFileSync(paths.enrolmentToken, 'utf8').trim()
    this.#database = new Database(paths.database, { readonly: true })
  }

  static async start(): Promise<TestDaemon> {
    const folder = mkdtempSync(join(tmpdir(), 'muster-contract-'))
    const clock = new SteppedClock()
    const errors: unknown[] = []
    const quiet = () => undefined
    const log = { debug: quiet, info: quiet, warn: quiet, error: (...entry: unknown[]) => errors.push(entry) }
    const config = loadConfig({ MUSTER_HOME: folder, MUSTER_PORT: '0' }, folder)
    const daemon = await startDaemon({ config, log, clock, onFatal: (error) => errors.push(error) })
    return new TestDaemon(folder, clock, daemon, errors)
  }

  get url(): string {
    return this.daemon.url
  }

  async register(peer: Input<'peers.register'>): Promise<Member> {
    await using wire = await Wire.greet(this.url, this.enrolmentToken)
    const { peer: made, token, credential } = await wire.call('peers.register', peer)
    return { id: made.id, token, credential: credential.id }
  }

  open(token: string): Promise<Wire> {
    return Wire.open(this.url, token)
  }

  greet(token: string, hello: { consume?: boolean; prefetch?: number } = {}) {
    return Wire.greet(this.url, token, hello)
  }

  /**
   * Every row of every table but what a mere connection changes: presence, the time of a credential's last use, and the
   * counters, which a refused command may have moved. What is derived, the index of the search, follows by itself.
   */
  dump(): Readonly<Record<string, unknown[]>> {
    const tables = this.#database.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").all() as {
      name: string
    }[]
    const rows = tables
      .filter(({ name }) => name !== 'counters' && !/^(?:message_index|search_)/.test(name))
      .map(({ name }) => [name, this.#database.prepare(`SELECT * FROM ${name}`).all()] as const)
    const dump = Object.fromEntries(rows) as Record<string, Record<string, unknown>[]>
    for (const peer of dump['peers'] ?? []) Object.assign(peer, { presence: '', last_seen_at: 0 })
    // What goes on by itself meanwhile.
    dump['meta'] = (dump['meta'] ?? []).filter(({ key }) => key !== 'retention')
    for (const credential of dump['credentials'] ?? []) Object.assign(credential, { last_used_at: 0 })
    return { ...dump, events: (dump['events'] ?? []).filter((event) => event['type'] !== 'peer.presence').map(({ seq: _, ...event }) => event) }
  }

  /** That the daemon serves, that its file is sound, and that it met nothing that it did not foresee. */
  async expectHealthy(): Promise<void> {
    const health = await fetch(`${this.url}/health`)
    expect(await health.json()).toMatchObject({ status: 'ok' })
    expect((await fetch(`${this.url}/ready`)).status).toBe(200)
    await using wire = await this.greet(this.adminToken)
    expect(await wire.call('node.status', {})).toMatchObject({ readOnly: false })
    expect(this.#database.pragma('integrity_check')).toEqual([{ integrity_check: 'ok' }])
    expect(this.#database.pragma('foreign_key_check')).toEqual([])
    expect(this.errors).toEqual([])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#database.close()
    await this.daemon.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}
