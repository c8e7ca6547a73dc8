/** A database of each schema that has existed goes on with the present program. How the files came about is in scripts/database-fixtures.ts. */
import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { expect, describe as group, onTestFinished, test } from 'vitest'
import { openDatabase, SCHEMA } from '../../../daemon/store/database.ts'
import { MusterError } from '../../../src/errors.ts'
import { DaemonProcess, TestHome } from '../../support/daemon.ts'
import { describe, type FilledDatabase } from '../../support/filled-database.ts'
import { HOOK_SECRET, TestCore } from '../../support/test-core.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const FIXTURES = fileURLToPath(new URL('../../fixtures/databases/', import.meta.url))
const KILLED = fileURLToPath(new URL('../../support/killed-migration.ts', import.meta.url))
const schemas = readdirSync(FIXTURES).flatMap((name) => /^schema-(\d+)\.db$/.exec(name)?.[1] ?? [])

function copyOf(schema: string | number): string {
  const folder = mkdtempSync(join(tmpdir(), 'muster-upgrade-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  copyFileSync(join(FIXTURES, `schema-${schema}.db`), join(folder, 'muster.db'))
  return join(folder, 'muster.db')
}

function factsOf(schema: string): FilledDatabase {
  return JSON.parse(readFileSync(join(FIXTURES, `schema-${schema}.json`), 'utf8')) as FilledDatabase
}

/** Soon after the daemon that filled it was killed. */
async function openAt(path: string, { at }: FilledDatabase): Promise<TestCore> {
  return await TestCore.start({ path, clock: new VirtualClock(Date.parse(at)) })
}

function versionOf(path: string): unknown {
  const db = new Database(path, { readonly: true })
  try {
    return db.pragma('user_version', { simple: true })
  } finally {
    db.close()
  }
}

test('there is a small fixture of each schema before the present one', () => {
  expect(schemas.map(Number).sort((a, b) => a - b)).toEqual(expect.arrayContaining(Array.from({ length: SCHEMA - 1 }, (_, index) => index + 1)))
  for (const schema of schemas) expect(statSync(join(FIXTURES, `schema-${schema}.db`)).size).toBeLessThan(600_000)
})

group.each(schemas)('a database of schema %s', (schema) => {
  const facts = factsOf(schema)
  const open = async (path: string) => await openAt(path, facts)

  test('says after the upgrade what it said before, under the same ids', async () => {
    const path = copyOf(schema)
    using daemon = await open(path)
    const said = await describe(daemon.connect(facts.admin), daemon.connect(facts.tokens.ada))
    expect(said.threads).toEqual(facts.threads)
    expect(said.peers).toEqual(facts.peers)
    expect(said.dead).toEqual(facts.dead)
    expect(said).toMatchObject({ grants: facts.grants, parkedPairs: facts.parkedPairs, openAsks: facts.openAsks })
    // What the start itself adds comes after.
    expect(said.events.slice(0, facts.events.length)).toEqual(facts.events)
    expect(daemon.db.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(daemon.db.pragma('foreign_key_check')).toEqual([])
    expect(daemon.errors).toEqual([])
    daemon.stop()
    expect(versionOf(path)).toBe(SCHEMA)
  })

  test('goes on: what is owed is answered, what was in hand comes again, keys and credentials count', async () => {
    using daemon = await open(copyOf(schema))
    const ada = daemon.connect(facts.tokens.ada, { consume: true })
    const bob = daemon.connect(facts.tokens.bob, { consume: true })
    const [again] = bob.deliveries().filter(({ delivery }) => delivery === facts.inFlight)
    expect(again).toMatchObject({ redelivered: true, message: { body: 'In your hand' } })
    bob.ack(facts.inFlight)

    expect(bob.call('threads.owed', {}).owed.map(({ thread }) => thread.id)).toContain(facts.owed)
    bob.call('threads.answer', { thread: facts.owed, body: 'W1' })
    expect(ada.deliveries().find(({ thread }) => thread.id === facts.owed)?.message).toMatchObject({ kind: 'answer', body: 'W1' })
    expect(ada.call('threads.get', { thread: facts.owed }).thread.state).toBe('answered')

    const cleo = daemon.connect(facts.tokens.cleo)
    expect(cleo.call('mailbox.inbox', {}).items.map(({ message }) => message.body)).toEqual(facts.handedOver)
    expect(ada.call('threads.notify', { to: 'cleo', body: 'with a key', key: 'kept', causedBy: null }).sent[0]?.message).toBe(facts.keyed)
    expect(() => daemon.connect(facts.revoked)).toThrow(MusterError)

    const [dead = ''] = facts.dead
    daemon.connect(facts.admin).call('mailbox.replay', { delivery: dead })
    expect(bob.deliveries().map(({ delivery }) => delivery)).toEqual([dead])
    expect(daemon.errors).toEqual([])
  })
})

test.each(schemas.filter((schema) => Number(schema) < SCHEMA))(
  'a database of schema %s keeps its schema and every row where its migration is killed, and is migrated by the next start',
  async (schema) => {
    const facts = factsOf(schema)
    for (let step = 1; step <= SCHEMA - Number(schema); step += 1) {
      const path = copyOf(schema)
      const { signal } = spawnSync(process.execPath, ['--import', 'tsx', KILLED, path, String(step)])
      expect(signal).toBe('SIGKILL')
      expect(versionOf(path)).toBe(Number(schema))
      using daemon = await openAt(path, facts)
      const said = await describe(daemon.connect(facts.admin), daemon.connect(facts.tokens.ada))
      expect(said.threads).toEqual(facts.threads)
    }
  },
)

test('the people of before see into their own circle afterwards, as into every other', async () => {
  const path = copyOf(5)
  const db = new Database(path)
  const { id } = db.prepare("UPDATE peers SET role = 'person', enrolment_id = NULL WHERE name = 'ada' RETURNING id").get() as { id: number }
  db.close()
  using daemon = await openAt(path, factsOf('5'))
  expect(daemon.rows('SELECT 1 FROM grants g JOIN peers p ON p.id = g.peer_id AND p.circle_id = g.circle_id WHERE p.id = ?', id)).toHaveLength(1)
})

test('the sources of before take events afterwards, by the one secret that they have', async () => {
  const path = copyOf(6)
  const db = new Database(path)
  db.prepare(
    `INSERT INTO sources (id, name, circle_id, peer_id, verify, secret, target, kind, priority, template, filters, per_minute, created_at)
      SELECT 1, 'ci', circle_id, id, '{"by":"token","header":"X-Token","prefix":""}', ?, 'cleo', 'notify', 2, 'It rains.', '[]', 60, 1 FROM peers WHERE name = 'bob'`,
  ).run(JSON.stringify({ variable: HOOK_SECRET.variable }))
  db.close()
  using daemon = await openAt(path, factsOf('6'))
  const admin = daemon.connect(factsOf('6').admin)
  expect(admin.call('ingress.get', { source: 'ci' }).source).toMatchObject({ paused: null, rotation: null, problem: null })
  const received = daemon.core.gateway.ingress.receive({ source: 'ci', headers: { 'x-token': HOOK_SECRET.text }, body: Buffer.from('{}') })
  daemon.pass(0)
  expect(await received).toMatchObject({ kind: 'event', isDuplicate: false })
})

test('a database of a newer schema stops the daemon with 78, names both versions, and stays as it is', async () => {
  const home = new TestHome()
  openDatabase(home.paths.database, 'os').close()
  const db = new Database(home.paths.database)
  db.pragma('user_version = 99')
  db.close()
  const before = readFileSync(home.paths.database)
  await using daemon = new DaemonProcess(home)
  expect(await daemon.end()).toEqual({ code: 78, signal: null })
  expect(daemon.stderr).toMatch(new RegExp(`schema 99.*knows ${SCHEMA}.*newer version.*muster restore`))
  expect(readFileSync(home.paths.database).equals(before)).toBe(true)
})
