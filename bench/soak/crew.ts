import { type ChildProcess, fork, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Assignment, Order, Report } from './wire.ts'

export interface CrewOptions {
  readonly daemonScript: string
  readonly scriptOf: (peer: Assignment) => string
  readonly home: string
  readonly peers: readonly Omit<Assignment, 'seed'>[]
  readonly nextSeed: () => number
}

export interface Recoveries {
  /** From the spawn of a killed daemon until it is ready. */
  readonly daemonMs: number[]
  /** From the spawn of a killed peer until it is connected. */
  readonly peerMs: number[]
  /** From a restarted daemon's being ready until a peer that outlived it is connected again. */
  readonly reconnectMs: number[]
}

const END_WITHIN_MS = 15_000

/** The daemon and the peers of the soak, each a process that can be killed and comes back. */
export class Crew {
  readonly kills = { daemon: 0, peers: 0 }
  readonly recoveries: Recoveries = { daemonMs: [], peerMs: [], reconnectMs: [] }
  readonly failures: string[] = []
  readonly settled = new Set<string>()
  readonly #options: CrewOptions
  readonly #children = new Map<string, ChildProcess>()
  readonly #errors = new Map<string, string>()
  readonly #onOnline = new Map<string, () => void>()
  #port = 0
  #readyAt = 0
  #order: Order | undefined

  constructor(options: CrewOptions) {
    this.#options = options
    process.once('exit', () => {
      for (const child of this.#children.values()) child.kill('SIGKILL')
    })
  }

  get names(): string[] {
    return this.#options.peers.map(({ name }) => name)
  }

  async start(): Promise<void> {
    await this.#startDaemon()
    // In the order given: whoever is addressed joins before those who address it.
    for (const peer of this.#options.peers) await this.#startPeer(peer)
  }

  async killDaemon(): Promise<void> {
    this.kills.daemon += 1
    await this.#kill('daemon', 'SIGKILL')
    this.recoveries.daemonMs.push(await this.#startDaemon())
  }

  async killPeer(name: string): Promise<void> {
    this.kills.peers += 1
    this.settled.delete(name)
    await this.#kill(name, 'SIGKILL')
    const peer = this.#options.peers.find((known) => known.name === name)
    if (peer) this.recoveries.peerMs.push(await this.#startPeer(peer))
  }

  /** Tells every process, and those that come back later. */
  order(order: Order): void {
    this.#order = order
    for (const name of this.names) this.#children.get(name)?.send(order)
  }

  /** How many deliveries wait, as the daemon's metrics say. */
  async waiting(): Promise<number> {
    const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text()
    return Number(/^muster_deliveries_waiting (\d+)$/m.exec(text)?.[1])
  }

  /** The orderly end: peers first, so that their last acks are taken. */
  async end(): Promise<void> {
    await Promise.all(this.names.map((name) => this.#kill(name, 'SIGTERM')))
    await this.#kill('daemon', 'SIGTERM')
  }

  async #startDaemon(): Promise<number> {
    const startedAt = performance.now()
    const env = { ...cleanEnvironment(), MUSTER_HOME: this.#options.home, MUSTER_PORT: String(this.#port) }
    const child = spawn(process.execPath, [this.#options.daemonScript], { stdio: ['ignore', 'pipe', 'pipe'], env })
    this.#watch('daemon', child)
    this.#port = await new Promise<number>((resolve, reject) => {
      child.once('exit', (code, signal) => reject(new Error(`The daemon ended with ${signal ?? code}: ${this.#errors.get('daemon')}`)))
      createInterface(child.stdout).on('line', (line) => {
        const { msg, url, level } = JSON.parse(line) as { msg?: string; url?: string; level?: number }
        if (msg === 'ready' && url) resolve(Number(new URL(url).port))
        // 50 and above are errors: what the daemon itself did not foresee.
        if (level && level >= 50) this.failures.push(`the daemon logged: ${line.slice(0, 500)}`)
      })
    })
    this.#readyAt = performance.now()
    return this.#readyAt - startedAt
  }

  /** Resolves with the time that it took to be connected. */
  async #startPeer(peer: Omit<Assignment, 'seed'>): Promise<number> {
    const startedAt = performance.now()
    const assignment: Assignment = { ...peer, seed: this.#options.nextSeed() }
    const env = { ...cleanEnvironment(), MUSTER_HOME: this.#options.home }
    const child = fork(this.#options.scriptOf(assignment), [JSON.stringify(assignment)], { stdio: ['ignore', 'inherit', 'pipe', 'ipc'], env, execArgv: [] })
    this.#watch(peer.name, child)
    const online = new Promise<void>((resolve) => this.#onOnline.set(peer.name, resolve))
    child.on('message', (report: Report) => this.#onReport(peer.name, report))
    await online
    if (this.#order) child.send(this.#order)
    return performance.now() - startedAt
  }

  #onReport(name: string, report: Report): void {
    switch (report.kind) {
      case 'online':
        if (report.resumed) this.recoveries.reconnectMs.push(performance.now() - this.#readyAt)
        else this.#onOnline.get(name)?.()
        return
      case 'settled':
        this.settled.add(name)
        return
      case 'failed':
        this.failures.push(`${name}: ${report.reason}`)
    }
  }

  #watch(name: string, child: ChildProcess): void {
    this.#children.set(name, child)
    child.stderr?.setEncoding('utf8').on('data', (text: string) => this.#errors.set(name, `${this.#errors.get(name) ?? ''}${text}`.slice(-2_000)))
    child.once('exit', (code, signal) => {
      if (this.#children.get(name) !== child) return
      this.#children.delete(name)
      this.failures.push(`${name} ended by itself with ${signal ?? code}: ${this.#errors.get(name) ?? ''}`)
      this.#onOnline.get(name)?.()
    })
  }

  async #kill(name: string, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const child = this.#children.get(name)
    if (!child) return
    this.#children.delete(name)
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
    child.kill(signal)
    const impatience = setTimeout(() => {
      this.failures.push(`${name} did not end within ${END_WITHIN_MS} ms of ${signal}`)
      child.kill('SIGKILL')
    }, END_WITHIN_MS)
    await ended
    clearTimeout(impatience)
  }
}

function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MUSTER_')))
}
