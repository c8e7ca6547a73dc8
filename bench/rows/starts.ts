import { greet, healthy, scratch, startMuster } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import { COMPILED, freePort, launch } from '../harness/processes.ts'
import type { Row } from '../harness/report.ts'
import { ratios, spread } from '../harness/statistics.ts'
import { seedStore } from './stored.ts'

/** From the spawn to the first good answer of /health, with a new database each time; beside it to the first answer over a connection, as more is loaded for that. */
export async function measureColdStart(plan: Plan): Promise<Row[]> {
  const own: number[] = []
  const spoken: number[] = []
  const bare: number[] = []
  for (let n = 0; n < plan.starts; n++) {
    const begun = performance.now()
    const daemon = await startMuster({ home: scratch() })
    await greet(daemon)
    own.push(daemon.startedInMs)
    spoken.push(performance.now() - begun)
    await daemon.running.stop()
    bare.push(await startBare())
  }
  return [
    {
      what: 'cold start to /health, empty database / bare fastify + better-sqlite3',
      target: { atMost: 2 },
      value: ratios(own, bare),
      absolute: [
        { label: 'muster', unit: 'ms', value: spread(own) },
        { label: 'muster, to the first hello that is answered', unit: 'ms', value: spread(spoken) },
        { label: 'bare', unit: 'ms', value: spread(bare) },
      ],
    },
  ]
}

/** The same daemon on a small and on a large database, both of which exist already. */
export async function measureLargeStart(plan: Plan): Promise<Row[]> {
  const empty = scratch()
  const large = scratch()
  await startAndStop(empty)
  plan.say(`large-start: writing ${plan.storedMessages} messages`)
  const stored = await seedStore(large, plan.storedMessages, plan.openDeliveries)
  const own: number[] = []
  const other: number[] = []
  for (let n = 0; n < plan.starts; n++) {
    plan.say(`large-start: start ${n + 1} of ${plan.starts}`)
    own.push(await startAndStop(large))
    other.push(await startAndStop(empty))
  }
  return [
    {
      what: `start with ${plan.storedMessages} messages and ${plan.openDeliveries} open deliveries / empty`,
      target: { atMost: 2 },
      value: ratios(own, other),
      note: `a file of ${Math.round(stored / 1_048_576)} MB`,
      absolute: [
        { label: 'large', unit: 'ms', value: spread(own) },
        { label: 'empty', unit: 'ms', value: spread(other) },
      ],
    },
  ]
}

async function startAndStop(home: string): Promise<number> {
  const daemon = await startMuster({ home })
  await daemon.running.stop()
  return daemon.startedInMs
}

async function startBare(): Promise<number> {
  const port = await freePort()
  const input = JSON.stringify({ port, folder: scratch() })
  const startedAt = performance.now()
  const running = launch(process.execPath, [`${COMPILED}/anchors/bare-start.js`], { input })
  await healthy(`http://127.0.0.1:${port}`, running)
  const took = performance.now() - startedAt
  await running.stop()
  return took
}
