/**
 * Writes test/fixtures/databases/schema-N.db, a database of each schema that has existed, and beside it what its daemon said of
 * it. The daemon of that time fills it, over its own protocol, and is then killed. A fixture is made once, when the next schema
 * comes: `npx tsx scripts/database-fixtures.ts 3`. It needs the whole history of the repository.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { musterPaths } from '../src/paths.ts'
import { fillDatabase } from '../test/support/filled-database.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const TARGET = join(ROOT, 'test/fixtures/databases')
/** The newest commit that wrote each schema. The second was committed together with the third, which is taken out for it. */
const SCHEMAS: Readonly<Record<string, { readonly commit: string; readonly without?: string }>> = {
  1: { commit: '9bdd46c' },
  2: { commit: '0c3cc84', without: '003_checks.sql' },
  3: { commit: '0c3cc84' },
  4: { commit: 'b99ff35' },
  5: { commit: '3b8a280' },
  6: { commit: 'ccfb864' },
}

async function make(schema: string, { commit, without }: (typeof SCHEMAS)[string]): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'muster-fixture-'))
  const [tree, home] = [join(folder, 'tree'), join(folder, 'home')]
  execFileSync('git', ['worktree', 'add', '--detach', tree, commit], { cwd: ROOT, stdio: 'ignore' })
  try {
    symlinkSync(join(ROOT, 'node_modules'), join(tree, 'node_modules'))
    if (without) rmSync(join(tree, 'daemon/store/migrations', without))
    mkdirSync(home)
    const facts = await run(tree, home)
    keep(schema, home)
    writeFileSync(join(TARGET, `schema-${schema}.json`), `${JSON.stringify({ commit, ...facts }, null, 2)}\n`)
  } finally {
    execFileSync('git', ['worktree', 'remove', '--force', tree], { cwd: ROOT, stdio: 'ignore' })
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Fills the database of a daemon, and kills that in the middle of its life. */
async function run(tree: string, home: string): Promise<object> {
  const paths = musterPaths({ MUSTER_HOME: home }, '')
  const env = { PATH: process.env['PATH'], HOME: home, MUSTER_HOME: home, MUSTER_PORT: '0', MUSTER_NODE: 'fixture' }
  const daemon = spawn(process.execPath, ['--import', 'tsx', join(tree, 'daemon/bin.ts')], { cwd: tree, env, stdio: ['ignore', 'ignore', 'inherit'] })
  const ended = once(daemon, 'exit')
  try {
    while (!existsSync(paths.daemonFile)) await new Promise((resolve) => setTimeout(resolve, 50))
    const { url } = JSON.parse(readFileSync(paths.daemonFile, 'utf8')) as { url: string }
    const [admin, enrolment] = [paths.adminToken, paths.enrolmentToken].map((file) => readFileSync(file, 'utf8').trim()) as [string, string]
    return await fillDatabase({ url, admin, enrolment, crash: () => void daemon.kill('SIGKILL') })
  } finally {
    daemon.kill('SIGKILL')
    await ended
  }
}

/** One small file with everything in it. */
function keep(schema: string, home: string): void {
  const target = join(TARGET, `schema-${schema}.db`)
  rmSync(target, { force: true })
  const db = new Database(join(home, 'muster.db'))
  const found = db.pragma('user_version', { simple: true })
  if (String(found) !== schema) throw new Error(`Expected schema ${schema}, found ${String(found)}`)
  db.pragma('journal_mode = DELETE')
  db.prepare('VACUUM INTO ?').run(target)
  db.close()
}

const wanted = process.argv.slice(2)
for (const schema of wanted) {
  const source = SCHEMAS[schema]
  if (!source) throw new Error(`There is no schema ${schema}; there are ${Object.keys(SCHEMAS).join(', ')}.`)
  await make(schema, source)
  console.error(`schema-${schema}.db`)
}
if (wanted.length === 0) console.error(`Which? ${Object.keys(SCHEMAS).join(', ')}`)
