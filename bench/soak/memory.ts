/**
 * `npm run soak:memory [-- --seconds N] [--rate asks a second]`: one daemon, two peers on the SDK, a steady load, and the resident memory
 * of the daemon every few seconds. Ends with 1 where it grew by more than a twentieth after the warm-up, which is the first sixth of the run:
 * by then the page cache of SQLite (64 MiB) is full.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { connect } from '../../client/index.ts'
import { register, removeScratch, scratch, startMuster } from '../harness/muster.ts'
import { pause, ROOT, stopAll } from '../harness/processes.ts'
import { quantile } from '../harness/statistics.ts'

const MAX_GROWTH = 0.05
const SAMPLES = 360
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '3600' }, rate: { type: 'string', default: '150' } } })
const [seconds, rate] = [Number(values.seconds), Number(values.rate)]

try {
  process.exitCode = await main()
} finally {
  await stopAll()
  removeScratch()
}

async function main(): Promise<number> {
  if (!(seconds > 0 && rate > 0 && rate <= 1_000)) {
    process.stderr.write('Expected --seconds above 0 and --rate between 1 and 1000.\n')
    return 64
  }
  execFileSync(process.execPath, ['scripts/build.mjs'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  const daemon = await startMuster({ home: scratch() })
  const [asker, answerer] = await register(daemon, [{ name: 'asker' }, { name: 'answerer' }])
  await using _answering = await connect({ url: daemon.http, token: answerer?.token ?? '', onAsk: (body) => body })
  await using asking = await connect({ url: daemon.http, token: asker?.token ?? '' })
  process.stdout.write(`${rate} asks a second for ${seconds} s, daemon ${daemon.running.pid}.\n`)
  let asked = 0
  const failures: unknown[] = []
  const load = setInterval(() => {
    asked += 1
    asking.ask('answerer', `{"n":${asked},"text":"${'muster '.repeat(32)}"}`).catch((error: unknown) => failures.push(error))
  }, 1_000 / rate)
  const samples: number[] = []
  try {
    for (let n = 0; n < SAMPLES && failures.length === 0; n++) {
      await pause((seconds * 1_000) / SAMPLES)
      samples.push(residentMb(daemon.running.pid))
      if (n % 30 === 29) process.stdout.write(`${Math.round(((n + 1) / SAMPLES) * seconds)} s: ${asked} asks, ${samples.at(-1)?.toFixed(1)} MB\n`)
    }
  } finally {
    clearInterval(load)
  }
  if (failures.length > 0) {
    process.stdout.write(`FAILED: ${String(failures[0])}\n`)
    return 1
  }
  return judge(samples, asked)
}

/** The medians of a tenth of the run right after the warm-up and of its last tenth. */
function judge(samples: readonly number[], asked: number): number {
  const tenth = Math.floor(SAMPLES / 10)
  const warm = Math.floor(SAMPLES / 6)
  const before = quantile(samples.slice(warm, warm + tenth), 0.5)
  const after = quantile(samples.slice(-tenth), 0.5)
  const growth = after / before - 1
  const verdict = growth <= MAX_GROWTH ? 'met' : 'MISSED'
  process.stdout.write(
    `${verdict}: ${asked} asks, ${before.toFixed(1)} MB after the warm-up, ${after.toFixed(1)} MB at the end: ${(growth * 100).toFixed(1)} % (at most 5 %)\n`,
  )
  return growth <= MAX_GROWTH ? 0 : 1
}

function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1]) / 1_024
}
