/** `npm run bench [-- --quick] [-- --json] [-- --only <name>]`: the table of docs/performance.md, each figure beside its anchor. */
import { cpus, platform, release } from 'node:os'
import { parseArgs } from 'node:util'
import { build } from './harness/build.ts'
import { removeScratch } from './harness/muster.ts'
import { FULL, type Plan, QUICK } from './harness/plan.ts'
import { stopAll } from './harness/processes.ts'
import { printRow, type Row, verdict } from './harness/report.ts'
import { measureAsks } from './rows/asks.ts'
import { measureBundle } from './rows/bundle.ts'
import { measureCommandLine } from './rows/command-line.ts'
import { measureFanOut } from './rows/fan-out.ts'
import { measureMemory } from './rows/memory.ts'
import { measureSchedules } from './rows/schedules.ts'
import { measureSearch } from './rows/search.ts'
import { measureColdStart, measureLargeStart } from './rows/starts.ts'
import { measureWrites } from './rows/writes.ts'

const PARTS: Readonly<Record<string, (plan: Plan) => Promise<Row[]>>> = {
  asks: measureAsks,
  'fan-out': measureFanOut,
  memory: measureMemory,
  start: measureColdStart,
  'large-start': measureLargeStart,
  schedules: measureSchedules,
  search: measureSearch,
  cli: measureCommandLine,
  bundle: measureBundle,
  writes: measureWrites,
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
  },
})

async function main(): Promise<number> {
  const unknown = (values.only ?? []).filter((name) => !Object.hasOwn(PARTS, name))
  if (unknown.length > 0) {
    process.stderr.write(`There is no benchmark ${unknown.join(', ')}; there are ${Object.keys(PARTS).join(', ')}.\n`)
    return 64
  }
  const say = (line: string) => process.stderr.write(`${line}\n`)
  if (!values['no-build']) {
    say('building …')
    build()
  }
  const plan: Plan = { ...(values.quick ? QUICK : FULL), say }
  const rows: Row[] = []
  const failures: string[] = []
  for (const [name, measure] of Object.entries(PARTS)) {
    if (values.only && !values.only.includes(name)) continue
    say(`${name} …`)
    try {
      rows.push(...(await measure(plan)))
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      await stopAll()
    }
  }
  print(rows, failures)
  return failures.length > 0 ? 1 : 0
}

function print(rows: readonly Row[], failures: readonly string[]): void {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, node: process.version, system: `${platform()} ${release()}`, at: new Date().toISOString() }
  if (values.json) {
    process.stdout.write(`${JSON.stringify({ machine, rows: rows.map((row) => ({ verdict: verdict(row), ...row })), failures }, null, 2)}\n`)
    return
  }
  process.stdout.write(`\n${machine.cpus} × ${machine.model}, ${machine.system}, Node ${machine.node}\n\n`)
  for (const row of rows) process.stdout.write(`${printRow(row)}\n`)
  for (const failure of failures) process.stdout.write(`FAILED          ${failure}\n`)
}

try {
  process.exitCode = await main()
} finally {
  removeScratch()
}
