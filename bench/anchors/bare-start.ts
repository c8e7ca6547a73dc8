/** The least that a server on this stack must do to start: fastify, an open SQLite file in WAL mode, /health. */
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { fastify } from 'fastify'

const { port, folder } = JSON.parse(readFileSync(0, 'utf8')) as { port: number; folder: string }
const database = new Database(`${folder}/bare.db`)
database.pragma('journal_mode = WAL')
database.exec('CREATE TABLE IF NOT EXISTS thing (id INTEGER PRIMARY KEY) STRICT')
const server = fastify()
server.get('/health', () => ({ status: 'ok' }))
await server.listen({ host: '127.0.0.1', port })
