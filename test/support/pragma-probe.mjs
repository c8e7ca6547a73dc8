// Preloaded into a daemon under test (`node --import`): on SIGUSR2 each open connection to the database is asked for its pragmas, and
// the answers go to the file named by PRAGMA_PROBE. Some pragmas belong to the connection, so no other process can see them.
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const Database = createRequire(import.meta.url)('better-sqlite3')
const connections = new Set()
const { pragma } = Database.prototype

Database.prototype.pragma = function (...args) {
  connections.add(this)
  return pragma.apply(this, args)
}

process.on('SIGUSR2', () => {
  const ask = (db) => (name) => [name, pragma.call(db, name, { simple: true })]
  const answers = [...connections]
    .filter((db) => db.open)
    .map((db) => ({ file: db.name, readonly: db.readonly, ...Object.fromEntries(['journal_mode', 'synchronous', 'foreign_keys'].map(ask(db))) }))
  writeFileSync(process.env.PRAGMA_PROBE, JSON.stringify(answers))
})
