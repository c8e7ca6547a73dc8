import { type Ends, endsIn, keepEnds } from '../../daemon/backups/ends.ts'
import type { Core } from '../../daemon/core.ts'
import { mintCredential } from '../../daemon/peers/credentials.ts'
import type { Input, OperationName, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { MemoryContents } from '../support/memory-contents.ts'
import { CoreClient } from '../support/test-core.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { COMMIT_FAULTS, type CommitFault, Disk } from './disk.ts'
import type { Change } from './journal.ts'
import { Life } from './life.ts'
import { Random } from './random.ts'

const nothing = (): void => undefined

type Step = () => void | Promise<void>

/** What every story comes to, besides what it counts of its own. */
export interface Told {
  readonly crashes: number
  /** How often each fault struck a commit with each type of event, as `fault × type`, and what else a story counts so. */
  readonly met: ReadonlyMap<string, number>
  /** What was broken. */
  readonly failures: readonly string[]
}

/**
 * A story of one part of the daemon: steps that a seed chooses, while the daemon crashes before and after commits, its disk fails, and it comes back.
 * What happens, and what must hold, is for the stories; here is what they have in common.
 */
export abstract class Story<Counts> {
  readonly random: Random
  readonly clock: VirtualClock
  readonly disk: Disk
  protected readonly failures: string[] = []
  readonly #met = new Map<string, number>()
  #crashes = 0
  readonly #contents = new MemoryContents()
  /** Its own, so that what the daemon draws does not change what is done to it. */
  readonly #daemonRandom: Random
  #life: Life | undefined
  #dies: 'before' | 'after' | undefined
  #newest: readonly Change[] = []

  constructor(seed: number, clock = new VirtualClock()) {
    this.random = new Random(seed)
    this.#daemonRandom = new Random(~seed)
    this.clock = clock
    this.disk = new Disk(
      {
        onCommitted: (changes) => {
          this.#newest = changes
          // The others keep a commit from happening.
          if (this.disk.fault === 'doneIo') this.#strike('doneIo', changes)
          this.onCommitted(changes)
        },
        onFailed: (changes) => {
          this.#strike(this.disk.fault ?? 'dies before', changes)
          this.onFailed(changes)
        },
        diesAt: (point) => this.#diesAt(point),
      },
      false,
    )
  }

  /** Tells it from the beginning; in the end nothing fails any more. */
  async tell(steps: number): Promise<Counts & Told> {
    try {
      await this.live()
      await this.found()
      for (let n = 0; n < steps && this.failures.length === 0; n += 1) await this.step()
      this.plant(undefined)
      await this.revive()
      await this.settle()
      return { ...this.judge(), crashes: this.#crashes, met: this.#met, failures: this.failures }
    } finally {
      this.disk.dispose()
    }
  }

  /** Who is there before anything fails. */
  protected abstract found(): void | Promise<void>
  protected abstract step(): Promise<void>
  /** What is to happen once nothing fails any more, before it is judged. */
  protected abstract settle(): void | Promise<void>
  protected abstract judge(): Counts

  protected onCommitted(_changes: readonly Change[]): void {}
  protected onFailed(_changes: readonly Change[]): void {}
  /** A process has opened the database, and has not started yet. */
  protected onBirth(): void {}
  protected onDeath(): void {}
  protected onRefused(_error: MusterError): void {}

  protected get alive(): boolean {
    return this.#life !== undefined && !this.#life.dead
  }

  protected get core(): Core {
    if (!this.#life) throw new Error('Nobody lives')
    return this.#life.core
  }

  protected rows<Row>(sql: string, ...values: readonly (string | number | null)[]): Row[] {
    return this.disk.db.prepare(sql).all(...values) as Row[]
  }

  /** The steps by which the next commit fails, or the daemon dies at it, as often as their weights say. */
  protected faults(failing: number, dying: number): [Step, number][] {
    const { random } = this
    return [
      [() => this.plant(random.pick(COMMIT_FAULTS)), failing],
      [() => this.plant(undefined, random.pick(['before', 'after'] as const)), dying],
    ]
  }

  protected plant(fault: CommitFault | undefined, dies?: 'before' | 'after'): void {
    this.disk.fault = fault
    this.#dies = dies
  }

  protected mintAdmin(): string {
    let token = ''
    void this.core.pipeline.execute((tx) => {
      token = mintCredential(tx, this.#daemonRandom.bytes, null, 'simulation').token
    })
    this.clock.advance(0)
    return token
  }

  /** Calls over a connection of its own. A refusal, and a daemon that dies meanwhile, end the call. */
  protected call<N extends OperationName>(token: string, name: N, input: Input<N>): Output<N> | undefined {
    if (!this.alive) return undefined
    try {
      const client = new CoreClient(this.core, this.clock, token)
      const result = client.call(name, input)
      client.leave()
      return result
    } catch (error) {
      if (!(error instanceof MusterError)) {
        if (!this.alive) return undefined
        throw error
      }
      this.onRefused(error)
      if (error.code === 'internal') this.failures.push(`${name} failed: ${JSON.stringify(input)}`)
      return undefined
    }
  }

  /** The process ends, with nothing of it left. */
  protected die(life = this.#life): void {
    if (!life || life.dead) return
    life.die()
    this.onDeath()
  }

  protected sleep(ms: number): void {
    this.die()
    this.clock.advance(ms)
  }

  /** Starts the daemon if it is not there. One that cannot start ends. */
  protected async revive(): Promise<void> {
    if (!this.alive) await this.live()
  }

  /** `restored`: what is to be as ended as it was before an older copy was put back. */
  protected async live(restored?: Ends): Promise<void> {
    this.die()
    const life: Life = new Life({
      clock: this.clock,
      disk: this.disk,
      random: this.#daemonRandom,
      contents: this.#contents,
      onFatal: () => this.die(life),
      onUnexpected: (error, message) => {
        if (error instanceof Error && !this.disk.injected.has(error)) this.failures.push(`${message}: ${error.stack ?? error.message}`)
      },
      ...(restored && { reincarnate: 'restored' }),
    })
    this.#life = life
    this.onBirth()
    // In the place of `muster restore`, which does it before the daemon starts.
    if (restored) life.core.pipeline.submit((tx) => keepEnds(tx, restored), nothing)
    const started = life.core.start().catch(() => this.die(life))
    this.clock.advance(0)
    await started
  }

  /** Puts the newest copy in the place of the database. Returns whether there was one. */
  protected async restore(): Promise<boolean> {
    const { copy } = this.disk
    if (!copy) return false
    this.die()
    this.plant(undefined)
    const ends = endsIn(this.disk.db)
    this.disk.restore(copy)
    await this.live(ends)
    return true
  }

  #diesAt(point: 'before' | 'after'): boolean {
    if (this.#dies !== point) return false
    this.#dies = undefined
    this.#crashes += 1
    if (point === 'after') this.#strike('dies after', this.#newest)
    this.die()
    return true
  }

  #strike(fault: string, changes: readonly Change[]): void {
    this.meet(fault, new Set(changes.flatMap((change) => (change.what === 'event' ? [change.type] : []))))
  }

  /** Counts that something met each of these. */
  protected meet(what: string, others: Iterable<string>): void {
    for (const other of others) this.#met.set(`${what} × ${other}`, (this.#met.get(`${what} × ${other}`) ?? 0) + 1)
  }
}
