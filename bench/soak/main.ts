/**
 * `npm run soak [-- --seconds N] [--seed S] [--folder F]`: real processes and files under load, killed at random. At the end every accepted message
 * is accounted for and each effect happened once, or it ends with 1. The seed repeats the choices, not the timing of the machine.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { musterPaths } from '../../src/paths.ts'
import { quantile } from '../harness/statistics.ts'
import { Crew } from './crew.ts'
import { seeded } from './seeded.ts'
import { type Figures, verify } from './verify.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CACHE = join(ROOT, 'node_modules/.cache/muster-soak')
const SENDERS = ['sender-1', 'sender-2'] as const
const WORKERS = ['worker-1', 'worker-2', 'worker-3'] as const
/** Between two kills, on average: a peer needs half a second to come back, so there is time for work. */
const CALM_MS = 700
const DAEMON = 'daemon'
const DAEMON_SHARE = 0.3
/** For what is left when the load ends. The longest backoff of a message that failed four times is 8 s. */
const SETTLE_MS = 60_000
const LOOK_AGAIN_MS = 50

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' }, folder: { type: 'string' } },
})

process.exitCode = await main()

async function main(): Promise<number> {
  const seconds = Number(values.seconds)
  const seed = values.seed === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(values.seed)
  if (!(seconds > 0) || !Number.isInteger(seed)) {
    process.stderr.write('Expected --seconds to be a number above 0 and --seed to be a whole number.\n')
    return 64
  }
  process.stdout.write(`Soak of ${seconds} s, seed ${seed}: ${SENDERS.length} senders, ${WORKERS.length} workers, one daemon.\n`)
  build()
  const folder = values.folder ?? join(CACHE, `run-${process.pid}`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'books'), { recursive: true })
  const ledgerOf = (name: string): string => join(folder, 'books', `${name}.db`)
  const random = seeded(seed)
  const crew = new Crew({
    daemonScript: join(ROOT, 'dist/daemon/bin.js'),
    scriptOf: ({ name }) => join(CACHE, 'build/bench/soak', name.startsWith('sender') ? 'sender.js' : 'worker.js'),
    home: join(folder, 'muster'),
    peers: [...WORKERS, ...SENDERS].map((name) => ({ name, ledger: ledgerOf(name), workers: WORKERS })),
    nextSeed: () => Math.floor(random() * 2 ** 32),
  })
  const startedAt = performance.now()
  try {
    await crew.start()
    await rampage(crew, random, seconds * 1_000)
    await settle(crew)
  } catch (error) {
    crew.failures.push(error instanceof Error ? error.message : String(error))
  }
  await crew.end()
  const { database } = musterPaths({ MUSTER_HOME: join(folder, 'muster') }, '')
  const { figures, violations } = verify({ muster: database, senders: SENDERS.map(ledgerOf), workers: WORKERS.map(ledgerOf) })
  print(crew, figures, (performance.now() - startedAt) / 1_000)
  const troubles = [...new Set([...crew.failures, ...violations])]
  for (const trouble of troubles) process.stdout.write(`VIOLATION ${trouble}\n`)
  if (troubles.length > 0) {
    process.stdout.write(`FAILED with seed ${seed}. The databases are in ${folder}\n`)
    return 1
  }
  if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
  process.stdout.write('Every accepted message is accounted for, and each effect happened once.\n')
  return 0
}

/** A soak of an old build would prove nothing. The peers run compiled: they are started often. */
function build(): void {
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'bench/soak/tsconfig.json'], { cwd: ROOT, stdio: ['ignore', 2, 'inherit'] })
}

/** Kills one after the other, each once the one before is back; one of each kind first, so that a short run has seen them all. */
async function rampage(crew: Crew, random: () => number, forMs: number): Promise<void> {
  const endsAt = performance.now() + forMs
  const first: string[] = [WORKERS[0], DAEMON, SENDERS[0]]
  while (performance.now() < endsAt && crew.failures.length === 0) {
    await pause(Math.min(-Math.log(1 - random()) * CALM_MS, endsAt - performance.now()))
    const [isDaemon, index] = [random() < DAEMON_SHARE, Math.floor(random() * crew.names.length)]
    const victim = first.shift() ?? (isDaemon ? DAEMON : crew.names[index])
    if (victim === DAEMON) await crew.killDaemon()
    else if (victim) await crew.killPeer(victim)
  }
}

/** Waits until the senders have their ends, and the mailboxes are empty. */
async function settle(crew: Crew): Promise<void> {
  crew.order('settle')
  const endsAt = performance.now() + SETTLE_MS
  while (!SENDERS.every((name) => crew.settled.has(name)) || (await crew.waiting()) > 0) {
    if (crew.failures.length > 0) return
    if (performance.now() > endsAt) throw new Error(`not everything had ended ${SETTLE_MS / 1_000} s after the load`)
    await pause(LOOK_AGAIN_MS)
  }
}

function print(crew: Crew, figures: Figures, seconds: number): void {
  const row = (label: string, text: string): void => void process.stdout.write(`${label.padEnd(24)}${text}\n`)
  const spread = (times: readonly number[]): string =>
    times.length === 0 ? 'none' : `p50 ${Math.round(quantile(times, 0.5))} ms, p99 ${Math.round(quantile(times, 0.99))} ms, of ${times.length}`
  row('took', `${seconds.toFixed(1)} s, with the end of what was left`)
  row('kill -9', `${crew.kills.daemon} of the daemon, ${crew.kills.peers} of peers`)
  row('accepted', `${figures.asks} asks, ${figures.notifies} notifies, ${figures.fans} fans, ${figures.broadcasts} broadcasts`)
  row('asks ended', `${figures.answered} answered, ${figures.declined} declined, ${figures.expired} expired, ${figures.failed} failed`)
  row('dead letters', String(figures.deadLetters))
  row('redelivered', String(figures.redelivered))
  row('duplicates suppressed', String(figures.suppressed))
  row('sends repeated', String(figures.repeatedSends))
  row('daemon ready again', spread(crew.recoveries.daemonMs))
  row('killed peer back', spread(crew.recoveries.peerMs))
  row('other peers back', spread(crew.recoveries.reconnectMs))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)))
}
