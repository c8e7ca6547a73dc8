/**
 * `npm run soak:memory [-- --seconds N] [--rate asks a second] [--busy peers] [--idle peers]`: one daemon, some peers on the SDK that ask each
 * other at a steady rate, any number of silent ones, and the resident memory of the daemon every few seconds. Ends with 1 where it grew by more
 * than a twentieth after the warm-up, which is the first sixth of the run: by then the page cache of SQLite (64 MiB) is full. With many
 * silent peers it also ends with 1 where one of them costs more than the target of docs/performance.md.
 */
import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { connect, type MusterPeer } from '../../client/index.ts'
import { build } from '../harness/build.ts'
import { greet, type Muster, type Registered, register, removeScratch, residentKb, scratch, startMuster } from '../harness/muster.ts'
import { launchScript, pause, stopAll } from '../harness/processes.ts'
import { quantile } from '../harness/statistics.ts'

const MAX_GROWTH = 0.05
const MAX_KB_A_PEER = 14
/** Spread over few peers, what the daemon needs once would count as theirs. */
const JUDGED_FROM = 5_000
const SAMPLES = 360
const SETTLE_MS = 5_000
const BOUNDS = { seconds: [1, 86_400], rate: [1, 1_000], busy: [2, 2_000], idle: [0, 20_000] } as const

type Load = { readonly [Name in keyof typeof BOUNDS]: number }

const say = (line: string) => process.stdout.write(`${line}\n`)

try {
  process.exitCode = await main()
} finally {
  await stopAll()
  removeScratch()
}

async function main(): Promise<number> {
  const load = readLoad()
  if (typeof load === 'string') {
    process.stderr.write(`${load}\n`)
    return 64
  }
  build()
  const { daemon, busy, idle } = await registered(load)
  const isCheap = await connectIdle(daemon, idle)
  const peers: MusterPeer[] = []
  for (const { token } of busy) peers.push(await connect({ url: daemon.http, token, onAsk: (body) => body }))
  try {
    say(`${load.rate} asks a second among ${load.busy} peers for ${load.seconds} s, ${load.idle} more are silent; daemon ${daemon.running.pid}.`)
    const isFlat = await soak(daemon, peers, load)
    return isCheap && isFlat ? 0 : 1
  } finally {
    await Promise.all(peers.map((peer) => peer.close()))
  }
}

function readLoad(): Load | string {
  const text = { type: 'string' } as const
  const { values } = parseArgs({ options: { seconds: text, rate: text, busy: text, idle: text } })
  const load = { seconds: 3_600, rate: 150, busy: 2, idle: 0 }
  for (const name of Object.keys(BOUNDS) as (keyof Load)[]) {
    const [least, most] = BOUNDS[name]
    load[name] = Number(values[name] ?? load[name])
    if (!(Number.isInteger(load[name]) && load[name] >= least && load[name] <= most)) return `Expected --${name} to be a whole number from ${least} to ${most}.`
  }
  const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim().replace('unlimited', '1000000'))
  return load.busy + load.idle + 200 > files ? `This machine allows a process ${files} open files: too few for so many peers.` : load
}

/** Everybody registered, and a daemon that has none of the garbage of that. */
async function registered({ busy, idle }: Load): Promise<{ daemon: Muster; busy: Registered[]; idle: Registered[] }> {
  const home = scratch()
  const first = await startMuster({ home })
  const named = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => ({ name: `${prefix}-${n}` }))
  const peers = await register(first, [...named('busy', busy), ...named('idle', idle)])
  await first.running.stop()
  return { daemon: await startMuster({ home }), busy: peers.slice(0, busy), idle: peers.slice(busy) }
}

/** Connects the silent ones. False where each costs too much. */
async function connectIdle(daemon: Muster, peers: readonly Registered[]): Promise<boolean> {
  if (peers.length === 0) return true
  // What the daemon loads with its first connection is its own, and none of a peer's.
  await greet(daemon)
  await pause(SETTLE_MS)
  const before = residentKb(daemon.running.pid)
  await launchScript('load/idle', { url: daemon.url, tokens: peers.map(({ token }) => token) }).firstLine
  await pause(SETTLE_MS)
  const each = (residentKb(daemon.running.pid) - before) / peers.length
  if (peers.length < JUDGED_FROM) return true
  say(`${each <= MAX_KB_A_PEER ? 'met' : 'MISSED'}: ${each.toFixed(1)} kB for each silent peer (at most ${MAX_KB_A_PEER})`)
  return each <= MAX_KB_A_PEER
}

async function soak(daemon: Muster, peers: readonly MusterPeer[], { seconds, rate }: Load): Promise<boolean> {
  const samples: number[] = []
  const failures: unknown[] = []
  let asked = 0
  let answered = 0
  const timer = setInterval(() => {
    const asker = asked % peers.length
    const answerer = (asker + 1 + (asked % (peers.length - 1))) % peers.length
    asked += 1
    peers[asker]?.ask(`busy-${answerer}`, `{"n":${asked},"text":"${'muster '.repeat(32)}"}`).then(
      () => {
        answered += 1
      },
      (error: unknown) => failures.push(error),
    )
  }, 1_000 / rate)
  try {
    for (let n = 0; n < SAMPLES && failures.length === 0; n++) {
      await pause((seconds * 1_000) / SAMPLES)
      samples.push(residentKb(daemon.running.pid) / 1_024)
      if (n % 30 === 29) say(`${Math.round(((n + 1) / SAMPLES) * seconds)} s: ${answered} of ${asked} asks answered, ${samples.at(-1)?.toFixed(1)} MB`)
    }
  } finally {
    clearInterval(timer)
  }
  if (failures.length === 0) return isFlat(samples, answered)
  say(`FAILED: ${String(failures[0])}`)
  return false
}

/** Compares the medians of a tenth of the run right after the warm-up and of its last tenth. */
function isFlat(samples: readonly number[], answered: number): boolean {
  const tenth = Math.floor(SAMPLES / 10)
  const warm = Math.floor(SAMPLES / 6)
  const before = quantile(samples.slice(warm, warm + tenth), 0.5)
  const after = quantile(samples.slice(-tenth), 0.5)
  const growth = after / before - 1
  const verdict = growth <= MAX_GROWTH ? 'met' : 'MISSED'
  say(
    `${verdict}: ${answered} asks, ${before.toFixed(1)} MB after the warm-up, ${after.toFixed(1)} MB at the end: ${(growth * 100).toFixed(1)} % (at most 5 %)`,
  )
  return growth <= MAX_GROWTH
}
