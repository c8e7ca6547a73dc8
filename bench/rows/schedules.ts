import Database from 'better-sqlite3'
import { createCore } from '../../daemon/core.ts'
import { mintCredential } from '../../daemon/peers/credentials.ts'
import { MemoryContents } from '../../test/support/memory-contents.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { scratch } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import type { Row } from '../harness/report.ts'
import { quantile, ratios, spread } from '../harness/statistics.ts'

const FEW = 10
const MANY = 100_000
const TICKS = 200
const MINUTE_MS = 60_000
/** Beyond all that is measured. */
const FAR_MS = 365 * 24 * 3_600_000

/** What a tick that fires one schedule takes, with few and with many others waiting: the daemon without its doors, on a file, under a clock of its own. */
export async function measureSchedules(plan: Plan): Promise<Row[]> {
  const few: number[] = []
  const many: number[] = []
  for (let round = 0; round < plan.rounds; round += 1) {
    few.push(await ticks(FEW))
    many.push(await ticks(MANY))
    plan.say(`schedules: round ${round + 1}: ${few.at(-1)?.toFixed(2)} ms and ${many.at(-1)?.toFixed(2)} ms`)
  }
  return [
    {
      what: `tick that fires a schedule, ${MANY.toLocaleString('en')} waiting / ${FEW} waiting`,
      value: ratios(many, few),
      target: { atMost: 1.5 },
      absolute: [
        { label: `with ${FEW} waiting`, unit: 'ms', value: spread(few) },
        { label: `with ${MANY.toLocaleString('en')} waiting`, unit: 'ms', value: spread(many) },
      ],
    },
  ]
}

/** The median of the ticks, each a minute in which one schedule comes due, with its commit. */
async function ticks(waiting: number): Promise<number> {
  const path = `${scratch()}/schedules.db`
  const clock = new VirtualClock()
  const quiet = (): void => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  const random = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(Math.random() * 256))
  const fatal = (error: unknown) => {
    throw error
  }
  const open = () =>
    createCore({ path, files: new MemoryContents(), durability: 'full', node: 'bench', version: '0', zone: 'UTC', clock, random, log, onFatal: fatal })
  const seeding = open()
  await seeded(seeding, clock)
  seeding.stop()
  fill(path, clock.wallMs(), waiting)
  const core = open()
  const started = core.start()
  clock.advance(0)
  await started
  const samples: number[] = []
  for (let n = 0; n < TICKS; n += 1) {
    const before = performance.now()
    clock.advance(MINUTE_MS)
    samples.push(performance.now() - before)
  }
  core.stop()
  return quantile(samples, 0.5)
}

/** A peer, which owns everything. */
async function seeded(core: ReturnType<typeof createCore>, clock: VirtualClock): Promise<void> {
  const done = core.pipeline.execute((tx) => {
    mintCredential(tx, (count) => new Uint8Array(count), null, 'bench')
    tx.run("INSERT INTO circles (id, name, created_at) VALUES (1, 'main', 0)")
    tx.run(
      `INSERT INTO peers (id, name, circle_id, role, mode, runtime, description, capabilities, turn, presence, created_at)
       VALUES (1, 'owner', 1, 'agent', 'pull', 'bench', '', '[]', 'idle', 'offline', 0)`,
    )
  })
  clock.advance(0)
  await done
}

/** One schedule of every minute, and the others far away. */
function fill(path: string, now: number, waiting: number): void {
  const db = new Database(path)
  const insert = db.prepare(
    `INSERT INTO schedules (id, owner_id, circle_id, target_id, kind, body, cron, every_ms, zone, priority, missed, missed_cap, overlap, gates, state, next_at, fire_at, created_at)
     VALUES (?, 1, 1, 1, 'notify', 'Look.', ?, ?, 'UTC', 2, 'once', 10, 'skip', '[]', 'active', ?, ?, ?)`,
  )
  db.transaction(() => {
    insert.run(1, null, MINUTE_MS, now + MINUTE_MS, now + MINUTE_MS, now)
    for (let id = 2; id <= waiting; id += 1) insert.run(id, '0 9 * * 1-5', null, now + FAR_MS + id, now + FAR_MS + id, now)
  })()
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}
