import { execFileSync } from 'node:child_process'
import { greet, register, residentKb, scratch, startMuster } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import { launchScript, pause } from '../harness/processes.ts'
import type { Row } from '../harness/report.ts'
import { quantile, spread } from '../harness/statistics.ts'

const SPARE_FILES = 200
const JUDGED_FROM = 5_000

/** Resident memory of the daemon for each peer that is connected and silent. */
export async function measureMemory(plan: Plan): Promise<Row[]> {
  const what = 'RSS of the daemon per idle connected peer'
  if (process.platform !== 'linux') return [{ what, target: { atMost: 14 }, note: 'needs /proc', absolute: [] }]
  const allowed = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', '1000000'))
  const count = Math.min(plan.idlePeers, allowed - SPARE_FILES)
  const home = scratch()
  const first = await startMuster({ home })
  plan.say(`memory: registering ${count} peers`)
  const peers = await register(
    first,
    Array.from({ length: count }, (_, n) => ({ name: `idle-${n}` })),
  )
  await first.running.stop()
  // Registering leaves garbage; a fresh daemon has none.
  const daemon = await startMuster({ home })
  try {
    // What the daemon loads with its first connection is its own, and none of a peer's.
    await greet(daemon)
    await pause(1_000)
    const before = residentKb(daemon.running.pid)
    plan.say(`memory: connecting ${count} peers`)
    const load = launchScript('load/idle', { url: daemon.url, tokens: peers.map(({ token }) => token) })
    await load.firstLine
    const samples = await sample(daemon.running.pid)
    await load.stop()
    const after = quantile(samples, 0.5)
    const note = count < plan.idlePeers ? `${count} peers: this machine allows ${allowed} open files a process` : `${count} peers`
    const absolute = [
      { label: 'without connections', unit: 'MB', value: spread([before / 1_024]) },
      { label: 'with them', unit: 'MB', value: spread(samples.map((kb) => kb / 1_024)) },
    ]
    return [
      {
        what,
        unit: 'kB',
        // Spread over few peers, what the daemon needs once would count as theirs.
        ...(count >= JUDGED_FROM ? { target: { atMost: 14 } } : {}),
        value: spread(samples.map((kb) => (kb - before) / count)),
        note: `${note}; median ${Math.round(after)} kB in all`,
        absolute,
      },
    ]
  } finally {
    await daemon.running.stop()
  }
}

/** RSS over some seconds: what is left of the handshakes goes with the next collections. */
async function sample(pid: number): Promise<number[]> {
  const samples: number[] = []
  for (let n = 0; n < 5; n++) {
    await pause(1_000)
    samples.push(residentKb(pid))
  }
  return samples
}
