import { statSync } from 'node:fs'
import type { Check, Finding } from './check.ts'
import { sizeText } from './size-text.ts'

const MAX_PROBLEMS = 10
const RESTORE = 'Stop the daemon, keep a copy of the database with what stands beside it, and restore the last backup: docs/operating.md.'

/** Whether the database is whole. Read here, and not by the daemon: that would stand still for it. Readers do not disturb a daemon that runs. */
export const databaseCheck: Check = {
  async run({ environment: { paths } }) {
    const about = { subject: 'database', check: 'integrity' }
    const stats = statSync(paths.database, { throwIfNoEntry: false })
    // Even who only reads makes the files beside it that all share, and these would then belong to the wrong user.
    if (stats && stats.uid !== (process.getuid?.() ?? stats.uid)) return [{ ...about, state: 'off', says: `it belongs to user ${stats.uid}, who may look` }]
    if (!stats) return [{ ...about, state: 'off', says: `there is none at ${paths.database} yet` }]
    return [{ ...about, ...(await examine(paths.database, stats.size)) }]
  },
}

async function examine(path: string, bytes: number): Promise<Pick<Finding, 'state' | 'says' | 'hint' | 'facts'>> {
  // Only here: it is a native module, which no other command needs.
  const { default: Database } = await import('better-sqlite3')
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    try {
      const problems = db.prepare(`PRAGMA quick_check(${MAX_PROBLEMS})`).pluck().all() as string[]
      const schema = db.pragma('user_version', { simple: true }) as number
      const facts = { bytes, schema, problems: problems.filter((problem) => problem !== 'ok') }
      if (facts.problems.length === 0) return { state: 'ok', says: `whole, ${sizeText(bytes)}, schema ${schema}`, facts }
      return { state: 'fail', says: `damaged: ${facts.problems[0]}`, hint: RESTORE, facts }
    } finally {
      db.close()
    }
  } catch (error) {
    const { code = 'unknown', message } = error as NodeJS.ErrnoException
    if (code === 'SQLITE_BUSY') return { state: 'warn', says: 'locked by another program', hint: 'Try again when that has ended.' }
    return { state: 'fail', says: `cannot be read: ${message}`, hint: RESTORE, facts: { bytes, code } }
  }
}
