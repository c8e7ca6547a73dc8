import { scratch, startMuster } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import { launch, ROOT } from '../harness/processes.ts'
import type { Row } from '../harness/report.ts'
import { ratios, spread } from '../harness/statistics.ts'

/** `muster status` from spawn to end against the least that any Node program costs. */
export async function measureCommandLine(plan: Plan): Promise<Row[]> {
  const daemon = await startMuster({ home: scratch() })
  try {
    const status: number[] = []
    const nothing: number[] = []
    for (let n = 0; n < 2 * plan.starts; n++) {
      status.push(await timed([`${ROOT}dist/client/cli/main.js`, 'status'], { MUSTER_HOME: daemon.home }))
      nothing.push(await timed(['-e', '0'], {}))
    }
    return [
      {
        what: 'muster status, end to end / node -e 0',
        target: { atMost: 4 },
        value: ratios(status, nothing),
        absolute: [
          { label: 'muster status', unit: 'ms', value: spread(status) },
          { label: 'node -e 0', unit: 'ms', value: spread(nothing) },
        ],
      },
    ]
  } finally {
    await daemon.running.stop()
  }
}

async function timed(args: readonly string[], env: Readonly<Record<string, string>>): Promise<number> {
  const startedAt = performance.now()
  const running = launch(process.execPath, args, { env })
  const code = await running.ended
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with ${code}: ${running.stderr()}`)
  return performance.now() - startedAt
}
