import type { Logger } from 'pino'
import { formatTime } from '../../src/time.ts'
import type { Clock, RandomBytes } from '../clock.ts'
import type { Launch, ServiceChild } from './child.ts'
import { Pause } from './pause.ts'
import type { ProcessRecord } from './record.ts'
import { type Part, readSaid } from './said.ts'

/** `starting`: it has not said yet that it works. `waiting`: it ended, or could not be started, and is tried again. */
export type ServiceState = 'starting' | 'running' | 'waiting' | 'stopped'

export interface ServiceStatus {
  readonly name: string
  readonly state: ServiceState
  /** Since when. */
  readonly since: string
  /** Since the daemon started. */
  readonly restarts: number
  /** How it ended last, or why it does not start. */
  readonly lastEnd: string | null
  /** What it says of the parts of its work. */
  readonly parts: readonly Part[]
}

export interface SupervisorOptions {
  readonly name: string
  readonly clock: Clock
  readonly random: RandomBytes
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly record: ProcessRecord
  readonly launch: (onLine: Parameters<Launch>[0]['onLine']) => ServiceChild
  /** Its first line, with a credential that is good for this process alone. */
  readonly hello: () => Promise<string>
  /** Nobody has the credential any more. */
  readonly endCredential: () => Promise<void>
}

const FIRST_PAUSE_MS = 1_000
const LAST_PAUSE_MS = 300_000
/** Who has run for so long begins anew with short pauses. */
const STABLE_MS = 60_000
/** From being asked to end until being made to. */
const END_MS = 5_000
const LEFT_OVER_LOOK_MS = 200
const MAX_LOGGED_CHARS = 1_000

/** Keeps one service running: one process at a time, and the next only when it is certain that the one before has gone. */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #pause: Pause
  #child: ServiceChild | undefined
  #done: Promise<void> | undefined
  #stopping = false
  #failures = 0
  #status: ServiceStatus

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#pause = new Pause(options.clock)
    this.#status = { name: options.name, state: 'stopped', since: this.#now(), restarts: 0, lastEnd: null, parts: [] }
  }

  get status(): ServiceStatus {
    return this.#status
  }

  start(): void {
    this.#done = this.#supervise()
  }

  /** Resolves when its process has gone. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#pause.end()
    const child = this.#child
    child?.end('asked')
    const force = this.#options.clock.setTimer(() => child?.end('forced'), END_MS)
    await this.#done
    force()
    this.#become({ state: 'stopped', parts: [] })
  }

  async #supervise(): Promise<void> {
    const { clock, log, name } = this.#options
    while (!this.#stopping) {
      const startedAt = clock.monoMs()
      let reason: string
      try {
        await this.#untilLeftOverIsGone()
        if (this.#stopping) return
        reason = await this.#runOnce()
      } catch (error) {
        log.error({ err: error, service: name }, 'a service could not be started')
        reason = 'could not be started: see the log'
      }
      if (this.#stopping) return
      this.#failures = clock.monoMs() - startedAt > STABLE_MS ? 0 : this.#failures
      const forMs = this.#backoffMs(this.#failures++)
      this.#become({ state: 'waiting', lastEnd: reason, parts: [] })
      log.warn({ service: name, reason, forMs }, 'a service ended: it is started again')
      await this.#pause.wait(forMs)
      this.#become({ restarts: this.#status.restarts + 1 })
    }
  }

  /** @returns how it ended */
  async #runOnce(): Promise<string> {
    const { launch, record, hello, endCredential, log, name } = this.#options
    let child: ServiceChild | undefined
    try {
      const line = await hello()
      // It may have been stopped meanwhile.
      if (this.#stopping) return 'stopped'
      this.#become({ state: 'starting', parts: [] })
      child = launch((text, stream) => this.#onLine(text, stream))
      this.#child = child
      if (child.pid !== 0) {
        // Until it has read its first line it does nothing, so one that no record names does nothing either.
        record.write(child.pid)
        child.tell(line)
        log.info({ service: name, servicePid: child.pid }, 'a service started')
      }
      return await child.ended
    } catch (error) {
      // It was never told what to do.
      child?.end('forced')
      await child?.ended
      throw error
    } finally {
      this.#child = undefined
      record.clear()
      await endCredential()
    }
  }

  /** What an earlier daemon left ends with its input. It is made to where it does not: it is ours, by its id and its start. */
  async #untilLeftOverIsGone(): Promise<void> {
    const { record, clock } = this.#options
    const forceAt = clock.monoMs() + END_MS
    for (let pid = record.leftOver(); pid !== undefined && !this.#stopping; pid = record.leftOver()) {
      this.#become({ state: 'waiting', lastEnd: `process ${pid} of an earlier daemon has not ended yet` })
      if (clock.monoMs() >= forceAt) record.killLeftOver()
      await this.#pause.wait(LEFT_OVER_LOOK_MS)
    }
  }

  #onLine(text: string, stream: 'stdout' | 'stderr'): void {
    const { log, name } = this.#options
    const said = stream === 'stdout' ? readSaid(text) : undefined
    if (!said) log.warn({ service: name, says: text.slice(0, MAX_LOGGED_CHARS) }, 'a service says')
    else if (said.kind === 'log') log[said.level]({ service: name, says: said.says }, 'a service says')
    else {
      if (this.#status.state === 'starting') this.#become({ state: 'running' })
      if (said.parts) this.#become({ parts: said.parts })
    }
  }

  #become(change: Partial<ServiceStatus>): void {
    const since = change.state === undefined || change.state === this.#status.state ? this.#status.since : this.#now()
    this.#status = { ...this.#status, ...change, since }
  }

  #backoffMs(failures: number): number {
    const ceiling = Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(failures, 20))
    return Math.round(ceiling * (0.5 + (this.#options.random(1)[0] ?? 0) / 510))
  }

  #now(): string {
    return formatTime(this.#options.clock.wallMs())
  }
}
