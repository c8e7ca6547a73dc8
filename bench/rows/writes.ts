import { readFileSync, statSync } from 'node:fs'
import { musterPaths } from '../../src/paths.ts'
import { register, scratch, startMuster } from '../harness/muster.ts'
import type { Plan } from '../harness/plan.ts'
import { COMPILED, run } from '../harness/processes.ts'
import type { Absolute, Row } from '../harness/report.ts'
import { spread } from '../harness/statistics.ts'

interface Statement {
  readonly sql: string
  readonly runs: number
  readonly rows: number
}

/** What one ask writes, counted statement by statement in a daemon that runs asks at 50 in flight. */
export async function measureWrites(plan: Plan): Promise<Row[]> {
  const home = scratch()
  const counts = `${home}/writes.json`
  const flags = ['--import', `${COMPILED}/load/count-writes.js`]
  const daemon = await startMuster({ home, flags, env: { COUNT_WRITES: counts } })
  const [asker, answerer] = await register(daemon, [{ name: 'asker' }, { name: 'answerer' }])
  const load = { askerToken: asker?.token, answererToken: answerer?.token, to: 'answerer', inFlight: [50], warmMs: 0, runMs: plan.runMs, run: 'writes' }
  await run('load/asks', { url: daemon.url, pid: daemon.running.pid, ...load })
  await daemon.running.stop()
  const statements = JSON.parse(readFileSync(counts, 'utf8')) as Statement[]
  return [toRow(statements, statSync(musterPaths({ MUSTER_HOME: home }, '').database).size)]
}

function toRow(statements: readonly Statement[], bytes: number): Row {
  const asks = statements.find(({ sql }) => /INSERT INTO threads/.test(sql))?.rows ?? Number.NaN
  const writing = statements.filter(({ rows }) => rows / asks >= 0.01).sort((a, b) => b.rows - a.rows)
  const per = (count: number) => spread([count / asks])
  const absolute: Absolute[] = writing.map(({ sql, rows }) => ({ label: brief(sql), unit: 'rows', value: per(rows) }))
  const all = statements.reduce((sum, { runs }) => sum + runs, 0)
  const rows = writing.reduce((sum, statement) => sum + statement.rows, 0)
  absolute.push({ label: 'statements that could write, with BEGIN, SAVEPOINT and COMMIT', unit: 'runs', value: per(all) })
  absolute.push({ label: 'file, after the checkpoint', unit: 'bytes', value: per(bytes) })
  return { what: 'rows written per ask', value: per(rows), note: `over ${asks} asks at 50 in flight`, absolute }
}

function brief(sql: string): string {
  return sql.replace(/\s+/g, ' ').trim().slice(0, 90)
}
