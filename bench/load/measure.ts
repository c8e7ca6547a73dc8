import { readFileSync } from 'node:fs'

/** What one run at one number of asks in flight showed. */
export interface Level {
  readonly inFlight: number
  readonly perSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
  readonly asks: number
  /** Share of one core, of the server and of this process: the one near 1 is what limits the figure. */
  readonly serverCpu: number
  readonly clientCpu: number
}

/** Runs a closed loop: `start(n)` begins ask n, `done(n)` is called by the driver when it has ended. */
export interface Driver {
  start(n: number): void
  /** Asks that count: confirmed and acknowledged, as the server has said. */
  counted(): number
}

export interface Timing {
  readonly warmMs: number
  readonly runMs: number
}

/** How long the last asks of a run may take. */
const SETTLE_MS = 10_000

/** Keeps `inFlight` asks under way and samples the middle of the run. */
export class ClosedLoop {
  #started = 0
  #ended = 0
  #startedAt = new Map<number, number>()
  #latencies: number[] = []
  #running = false
  #sampling = false
  readonly #driver: Driver

  constructor(driver: Driver) {
    this.#driver = driver
  }

  async run(inFlight: number, timing: Timing, serverPid: number | undefined): Promise<Level> {
    this.#running = true
    this.#latencies = []
    for (let n = 0; n < inFlight; n++) this.#start()
    await elapse(timing.warmMs)
    this.#sampling = true
    const before = reading(this.#driver.counted(), serverPid)
    await elapse(timing.runMs)
    this.#sampling = false
    const after = reading(this.#driver.counted(), serverPid)
    this.#running = false
    await this.#settled()
    const seconds = (after.at - before.at) / 1_000
    const sorted = Float64Array.from(this.#latencies).sort()
    return {
      inFlight,
      perSecond: (after.counted - before.counted) / seconds,
      p50Ms: sorted[Math.floor(sorted.length * 0.5)] ?? Number.NaN,
      p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
      asks: after.counted - before.counted,
      serverCpu: (after.serverMs - before.serverMs) / 1_000 / seconds,
      clientCpu: (after.clientMs - before.clientMs) / 1_000 / seconds,
    }
  }

  /** The answer of ask `n` has arrived: the next one begins. */
  ended(n: number): void {
    const startedAt = this.#startedAt.get(n)
    if (startedAt === undefined) throw new Error(`Ask ${n} ended twice, or never began.`)
    this.#startedAt.delete(n)
    if (this.#sampling) this.#latencies.push(performance.now() - startedAt)
    this.#ended++
    if (this.#running) this.#start()
  }

  /** Everything has ended and been acknowledged: what is left open would be delivered again to the next run. */
  async #settled(): Promise<void> {
    const deadline = performance.now() + SETTLE_MS
    while (this.#ended < this.#started || this.#driver.counted() < this.#ended) {
      if (performance.now() > deadline) throw new Error(`${this.#started} asks began, ${this.#ended} ended and ${this.#driver.counted()} counted.`)
      await elapse(5)
    }
  }

  #start(): void {
    const n = this.#started++
    this.#startedAt.set(n, performance.now())
    this.#driver.start(n)
  }
}

function reading(counted: number, serverPid: number | undefined) {
  const own = process.cpuUsage()
  return { at: performance.now(), counted, clientMs: (own.user + own.system) / 1_000, serverMs: serverPid === undefined ? Number.NaN : cpuMs(serverPid) }
}

/** utime + stime of /proc/<pid>/stat (proc_pid_stat(5)), in ticks of 10 ms. */
function cpuMs(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
    return (Number(fields[11]) + Number(fields[12])) * 10
  } catch {
    return Number.NaN // not Linux: the share stays unknown
  }
}

const elapse = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** 256 bytes of JSON that begin with the number of the ask. */
export function body(n: number): string {
  const head = `{"n":${n},"text":"`
  return `${head.padEnd(254, 'muster ')}"}`
}

export function askOf(text: string): number {
  return Number.parseInt(text.slice(5, 20), 10)
}
