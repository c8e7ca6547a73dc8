import { type Absent, type Contender, jetStream, mosquitto, muster, redis, relay } from '../harness/contenders.ts'
import { scratch } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import { run } from '../harness/processes.ts'
import type { Absolute, Row, Target } from '../harness/report.ts'
import { ratios, spread } from '../harness/statistics.ts'
import type { Level } from '../load/measure.ts'

const IN_FLIGHT = [1, 50, 500]
const PROBES = 400

/** What one contender showed, round by round. */
interface Rounds {
  readonly contender: Contender
  readonly levels: Level[][]
}

/** Durable ask round trips against the relay and against what a user might pick instead, in interleaved rounds. */
export async function measureAsks(plan: Plan): Promise<Row[]> {
  const candidates = [await muster(), await relay(), await redis('always'), await jetStream(), await mosquitto()]
  const absent = candidates.filter((one): one is Absent => 'absent' in one)
  const measured: Rounds[] = candidates.filter((one): one is Contender => !('absent' in one)).map((contender) => ({ contender, levels: [] }))
  const flushes: number[] = []
  const folder = scratch()
  try {
    for (let round = 0; round < plan.rounds; round++) {
      plan.say(`asks: round ${round + 1} of ${plan.rounds}`)
      flushes.push((await run<{ p50Ms: number }>('anchors/fdatasync', { folder, count: PROBES })).p50Ms)
      // Every other round runs backwards, so that a drift of the machine meets each side as often before as after the other.
      const order = round % 2 === 0 ? measured : [...measured].reverse()
      for (const { contender, levels } of order) levels.push(await contender.measure({ inFlight: IN_FLIGHT, warmMs: plan.warmMs, runMs: plan.runMs }))
    }
  } finally {
    await Promise.all(measured.map(({ contender }) => contender.stop()))
  }
  return toRows(measured, absent, flushes)
}

function toRows(measured: readonly Rounds[], absent: readonly Absent[], flushes: readonly number[]): Row[] {
  const find = (name: string) => measured.find(({ contender }) => contender.name.startsWith(name))
  const own = find('muster') as Rounds
  const versus = (name: string, inFlight: number, target: Target): Row => {
    const other = find(name)
    const what = `durable asks at ${inFlight} in flight / ${other?.contender.name ?? name}`
    if (!other) return { what, target, note: absent.find((one) => one.name.startsWith(name))?.absent ?? 'absent', absolute: [] }
    const value = ratios(figures(own, inFlight, 'perSecond'), figures(other, inFlight, 'perSecond'))
    const row = { what, value, note: `${other.contender.name} promises: ${other.contender.promise}`, absolute: [rate(own, inFlight), rate(other, inFlight)] }
    return other.contender.comparable ? { ...row, target } : row
  }
  return [
    versus('relay', 50, { atLeast: 0.45 }),
    versus('relay', 500, { atLeast: 0.5 }),
    versus('jetstream', 50, { atLeast: 4 }),
    versus('redis', 50, { atLeast: 0.9 }),
    {
      what: 'durable asks / BullMQ always, pg-boss',
      target: { atLeast: 5 },
      note: 'neither is a dependency here, and both need a server and a client library',
      absolute: [],
    },
    ...latencies(own, flushes),
    ...measured.map(everything),
  ]
}

function latencies(own: Rounds, flushes: readonly number[]): Row[] {
  const one = figures(own, 1, 'p50Ms')
  const p50 = figures(own, 50, 'p50Ms')
  const p99 = figures(own, 50, 'p99Ms')
  return [
    {
      what: 'p50 of one ask at 1 in flight / p50 of one fdatasync',
      target: { atMost: 8 },
      value: ratios(one, flushes),
      absolute: [
        { label: 'one ask', unit: 'ms', value: spread(one) },
        { label: 'one fdatasync', unit: 'ms', value: spread(flushes) },
      ],
    },
    {
      what: 'p99 / p50 of an ask at 50 in flight',
      target: { atMost: 4 },
      value: ratios(p99, p50),
      absolute: [
        { label: 'p50', unit: 'ms', value: spread(p50) },
        { label: 'p99', unit: 'ms', value: spread(p99) },
      ],
    },
  ]
}

/** The whole curve of one contender, so that a ratio that rises while the absolute falls is seen. */
function everything(rounds: Rounds): Row {
  const absolute = IN_FLIGHT.flatMap((inFlight) => [
    rate(rounds, inFlight),
    { label: `at ${inFlight}: p50`, unit: 'ms', value: spread(figures(rounds, inFlight, 'p50Ms')) },
    { label: `at ${inFlight}: busy, of one core: server`, unit: '', value: spread(figures(rounds, inFlight, 'serverCpu')) },
    { label: `at ${inFlight}: busy, of one core: load generator`, unit: '', value: spread(figures(rounds, inFlight, 'clientCpu')) },
  ])
  const value = spread(figures(rounds, 50, 'perSecond'))
  return { what: `${rounds.contender.name}: asks/s at 50 in flight`, value, absolute, note: `promises: ${rounds.contender.promise}` }
}

function rate(rounds: Rounds, inFlight: number): Absolute {
  return { label: `${rounds.contender.name} at ${inFlight}`, unit: 'asks/s', value: spread(figures(rounds, inFlight, 'perSecond')) }
}

function figures(rounds: Rounds, inFlight: number, figure: keyof Level): number[] {
  return rounds.levels.map((levels) => levels.find((level) => level.inFlight === inFlight)?.[figure] ?? Number.NaN)
}
