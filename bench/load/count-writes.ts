/**
 * Preloaded into the daemon (`node --import`): counts the rows that each statement changes and writes the sums to the file named by
 * COUNT_WRITES when the process ends. It costs time, so it is never loaded where time is measured.
 */
import { writeFileSync } from 'node:fs'
import Database from 'better-sqlite3'

const changesBySql = new Map<string, { runs: number; rows: number }>()
const probe = new Database(':memory:')
const statements = Object.getPrototypeOf(probe.prepare('SELECT 1')) as Database.Statement
probe.close()
const { run } = statements

statements.run = function (this: Database.Statement, ...values: unknown[]) {
  const result = run.apply(this, values)
  const sum = changesBySql.get(this.source) ?? { runs: 0, rows: 0 }
  sum.runs += 1
  // What changes nothing of its own (BEGIN, SAVEPOINT, COMMIT) repeats the figure of the statement before it.
  if (/^\s*(INSERT|UPDATE|DELETE|REPLACE)/i.test(this.source)) sum.rows += result.changes
  changesBySql.set(this.source, sum)
  return result
}

process.on('exit', () => {
  const path = process.env['COUNT_WRITES']
  if (path) writeFileSync(path, JSON.stringify([...changesBySql].map(([sql, sum]) => ({ sql, ...sum }))))
})
