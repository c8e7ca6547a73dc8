import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseSource, ROOT, readSources, type SourceFile } from './project.ts'

/** Whose SQL may name a table: the folder of its domain, and no other. The log is written by the store and read by `events`. */
const OWNERS: Readonly<Record<string, string>> = {
  meta: 'store|events',
  incarnations: 'store',
  counters: 'store',
  events: 'store|events',
  idempotency: 'store',
  outbox: 'store',
  circles: 'peers',
  enrolments: 'peers',
  peers: 'peers',
  capabilities: 'peers',
  credentials: 'peers',
  grants: 'peers',
  observing: 'peers',
  pairings: 'pairing',
  actions: 'pairing',
  passphrases: 'pairing',
  artifacts: 'artifacts',
  artifact_room: 'artifacts',
  attachments: 'threads',
  threads: 'threads',
  messages: 'threads',
  deliveries: 'threads',
  open_asks: 'threads',
  topics: 'threads',
  pairs: 'threads',
  schedules: 'schedules',
  occurrences: 'schedules',
  leaderships: 'orchestrators',
  handovers: 'orchestrators',
  decisions: 'decisions',
  decision_requesters: 'decisions',
  decision_mail: 'decisions',
  decision_comments: 'decisions',
  approvals: 'decisions',
  tiers: 'decisions',
  quiet_hours: 'decisions',
  channels: 'channels',
  channel_codes: 'channels',
  channel_notices: 'channels',
  channel_nonces: 'channels',
  sources: 'ingress',
  arrivals: 'ingress',
  watchdogs: 'watchdogs',
  breaches: 'watchdogs',
  board_notes: 'board',
  digest_marks: 'digest',
  fans: 'threads',
  fan_refusals: 'threads',
  search_cursor: 'threads',
  search_hours: 'threads',
  message_index: 'threads',
  reviews: 'reviews',
  review_peers: 'reviews',
  review_entries: 'reviews',
}

const MIGRATIONS = join(ROOT, 'daemon/store/migrations')
/** Upper case, as the SQL of this project is written; prose inside strings is not. */
const NAMED = /\b(?:FROM|JOIN|INTO|UPDATE(?: OR [A-Z]+)?|TABLE(?: IF (?:NOT )?EXISTS)?)\s+([a-z_]\w*)/g
const NAMELESS = /\b(?:FROM|JOIN|INTO|UPDATE)\s+$/

/** The tables that the strings of a file name, with the lines. */
function tablesOf(file: SourceFile): { table: string; line: number }[] {
  return file.tokens.flatMap((token) =>
    token.type === 'string' ? [...token.text.matchAll(NAMED)].map((match) => ({ table: match[1] as string, line: token.line })) : [],
  )
}

describe('the tables', () => {
  const daemon = readSources('daemon')

  it('each have an owner', () => {
    const sql = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'))
    expect(sql.length).toBeGreaterThan(0)
    const created = sql.flatMap((name) =>
      [...readFileSync(join(MIGRATIONS, name), 'utf8').matchAll(/^CREATE TABLE (\w+)/gm)].map((match) => match[1] as string),
    )
    // SQLite changes the constraints of a table by way of a new one that takes its name.
    const lasting = new Set(created.map((name) => name.replace(/^new_/, '')))
    // The index of full-text search is made by the daemon, as it can be made anew.
    expect([...lasting, 'message_index'].sort()).toEqual(Object.keys(OWNERS).sort())
  })

  it('are named by the SQL of their owner only', () => {
    const named = daemon.flatMap((file) => tablesOf(file).map((found) => ({ ...found, path: file.path })))
    expect(named.length).toBeGreaterThan(20)
    const foreign = named.filter(
      ({ table, path }) => OWNERS[table] !== undefined && !OWNERS[table].split('|').some((owner) => path.startsWith(`daemon/${owner}/`)),
    )
    expect(foreign.map(({ path, line, table }) => `${path}:${line} names ${table}`)).toEqual([])
  })

  it('are never put into SQL by a variable, where no rule could see them', () => {
    const domains = daemon.filter((file) => !file.path.startsWith('daemon/store/'))
    const hidden = domains.flatMap((file) =>
      file.tokens.filter((token) => token.type === 'string' && NAMELESS.test(token.text)).map((token) => `${file.path}:${token.line}`),
    )
    expect(hidden).toEqual([])
  })
})

describe('the rule for tables', () => {
  it('reads reads, writes and joins, and no prose', () => {
    const source =
      "'SELECT a FROM peers p JOIN grants g ON 1'; 'INSERT OR IGNORE INTO events VALUES (1)'; `UPDATE threads SET a = 1`; 'DELETE FROM open_asks'; 'a message from peers'"
    expect(tablesOf(parseSource('x.ts', source)).map(({ table }) => table)).toEqual(['peers', 'grants', 'events', 'threads', 'open_asks'])
  })
})
