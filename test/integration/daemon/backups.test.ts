import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { openDatabase } from '../../../daemon/store/database.ts'
import { createTestDaemon, DaemonProcess, registerPeer, type TestDaemon, TestHome } from '../../support/daemon.ts'
import { workOffline } from '../../support/offline-work.ts'
import { TestCore } from '../../support/test-core.ts'
import { WireClient } from '../../support/wire-client.ts'

const PATIENCE = { timeout: 20_000, interval: 20 }

/** A running daemon with something in it, and its administrator. */
async function filled(): Promise<{ daemon: TestDaemon; admin: WireClient; bob: { id: string; token: string }; message: string; folder: string }> {
  const daemon = await createTestDaemon()
  const [ada, bob] = [await daemon.register('ada'), await daemon.register('bob')]
  const wire = await daemon.connect(ada.token)
  const { sent } = await wire.call('threads.notify', { to: 'bob', body: 'before the backup' })
  mkdirSync(join(daemon.home.paths.artifacts, 'ab'), { recursive: true })
  writeFileSync(join(daemon.home.paths.artifacts, 'ab', 'cdef'), 'an artifact')
  writeFileSync(join(daemon.home.paths.artifacts, 'half.part'), 'on its way')
  const admin = await daemon.connect(daemon.home.token('admin'))
  return { daemon, admin, bob, message: sent[0]?.message ?? '', folder: join(daemon.home.path, 'backups') }
}

const modeOf = (path: string) => statSync(path).mode & 0o777

test('a backup of a running daemon is one folder for its owner alone: a database in one file, the artifacts, and their hashes', async () => {
  const { daemon, admin, folder } = await filled()
  await using _ = daemon
  const path = join(folder, 'one')
  const made = await admin.call('node.backup', { path })
  expect(made).toMatchObject({ path, artifacts: 1, removed: [], incarnation: daemon.daemon.core.store.tag })
  expect(readdirSync(path).sort()).toEqual(['artifacts', 'manifest.json', 'muster.db'])
  expect([modeOf(path), modeOf(join(path, 'muster.db')), modeOf(join(path, 'manifest.json')), modeOf(join(path, 'artifacts/ab/cdef'))]).toEqual([
    0o700, 0o600, 0o600, 0o600,
  ])
  expect(existsSync(join(path, 'artifacts/half.part'))).toBe(false)
  const db = new Database(join(path, 'muster.db'), { readonly: true })
  expect(db.pragma('journal_mode', { simple: true })).toBe('delete')
  expect(db.prepare("SELECT body FROM messages WHERE body = 'before the backup'").pluck().all()).toHaveLength(1)
  db.close()
  expect(readdirSync(folder)).toEqual(['one'])
  const { backup } = await admin.call('node.status', {})
  expect(backup).toEqual({ running: null, last: { at: made.createdAt, bytes: made.bytes } })
})

test('the daemon goes on while a backup is written: its status says how far it is, and a second one has to wait', async () => {
  const { daemon, admin, folder } = await filled()
  await using _ = daemon
  // Enough for several steps.
  await daemon.daemon.core.pipeline.execute((tx) => tx.run('INSERT INTO meta (key, value) VALUES (?, ?)', 'ballast', 'x'.repeat(30_000_000)))
  const first = admin.call('node.backup', { path: join(folder, 'one') })
  await vi.waitUntil(async () => (await admin.call('node.status', {})).backup.running !== null, PATIENCE)
  await expect(admin.call('node.backup', { path: join(folder, 'two') })).rejects.toMatchObject({ code: 'too_many_requests' })
  const ada = await daemon.connect((await admin.call('credentials.create', { peer: 'ada' })).token)
  const { sent } = await ada.call('threads.notify', { to: 'bob', body: 'meanwhile' })
  expect(sent).toHaveLength(1)
  expect((await first).bytes).toBeGreaterThan(30_000_000)
  expect(existsSync(join(folder, 'two'))).toBe(false)
})

test('a stop of the daemon ends a backup, and nothing of it is left', async () => {
  const home = new TestHome()
  const db = openDatabase(home.paths.database, 'os')
  db.prepare("INSERT INTO meta (key, value) VALUES ('ballast', ?)").run('x'.repeat(100_000_000))
  db.close()
  await using daemon = new DaemonProcess(home)
  const admin = await WireClient.greet(await daemon.url(), home.token('admin'))
  const folder = join(home.path, 'backups')
  const reply = admin.call('node.backup', { path: join(folder, 'one') }).catch(() => 'no reply')
  await vi.waitUntil(() => existsSync(folder) && readdirSync(folder).length > 0, PATIENCE)
  await daemon.end('SIGTERM')
  await reply
  // Its process ends with the daemon, when it next looks.
  await vi.waitUntil(() => !readdirSync(folder).some((name) => name.endsWith('.partial')), PATIENCE)
  expect(readdirSync(folder)).toEqual([])
  const again = await workOffline(home.path, 'backup', { path: join(folder, 'one'), force: false })
  expect(again.done).toMatchObject({ path: join(folder, 'one') })
  expect(readdirSync(folder)).toEqual(['one'])
})

test('nothing is overwritten: another backup only with force, anything else never', async () => {
  const { daemon, admin, folder } = await filled()
  await using _ = daemon
  const path = join(folder, 'one')
  const first = await admin.call('node.backup', { path })
  await expect(admin.call('node.backup', { path })).rejects.toMatchObject({ code: 'invalid_input', message: expect.stringContaining('is a backup already') })
  const second = await admin.call('node.backup', { path, force: true })
  expect(second.createdAt >= first.createdAt).toBe(true)
  const precious = join(folder, 'precious')
  mkdirSync(precious)
  writeFileSync(join(precious, 'thesis.txt'), 'years of work')
  await expect(admin.call('node.backup', { path: precious, force: true })).rejects.toMatchObject({ code: 'invalid_input', details: { field: 'path' } })
  await expect(admin.call('node.backup', { path: join(precious, 'thesis.txt'), force: true })).rejects.toMatchObject({ code: 'invalid_input' })
  expect(readdirSync(precious)).toEqual(['thesis.txt'])
  expect(readdirSync(folder).sort()).toEqual(['one', 'precious'])
})

test('what a killed process left beside the target is cleared away, and a backup on its way out comes back', async () => {
  const { daemon, admin, folder } = await filled()
  await using _ = daemon
  const path = join(folder, 'one')
  await admin.call('node.backup', { path })
  const dead = 4_194_305
  renameSync(path, `${path}.${dead}.earlier`)
  mkdirSync(`${path}.${dead}.partial`)
  await expect(admin.call('node.backup', { path })).rejects.toMatchObject({ message: expect.stringContaining('is a backup already') })
  expect(readdirSync(folder)).toEqual(['one'])
})

test('--keep writes under the time and lets the oldest go, but nothing that only looks like one', async () => {
  const { daemon, admin, folder } = await filled()
  await using _ = daemon
  mkdirSync(join(folder, 'muster-2020-01-01T00-00-00Z'), { recursive: true })
  writeFileSync(join(folder, 'muster-2020-01-01T00-00-00Z/holiday.jpg'), 'x')
  const names: string[] = []
  for (const age of [3, 2, 1]) {
    const { path } = await admin.call('node.backup', { path: folder, keep: 10 })
    const name = `muster-2021-01-0${4 - age}T00-00-00Z`
    renameSync(path, join(folder, name))
    names.push(name)
  }
  const last = await admin.call('node.backup', { path: folder, keep: 2 })
  expect(last.removed).toEqual(names.slice(0, 2))
  expect(readdirSync(folder).sort()).toEqual(['muster-2020-01-01T00-00-00Z', names[2], last.path.slice(folder.length + 1)].sort())
})

test.each([
  ['a relative path', { path: 'backups/one' }, 'invalid_input'],
  ['an empty path', { path: '' }, 'invalid_input'],
  ['a NUL', { path: '/tmp/a\0b' }, 'invalid_input'],
  ['none to keep', { path: '/tmp/x', keep: 0 }, 'invalid_input'],
  ['a folder that cannot be made', { path: '/proc/nowhere/one' }, 'backup_failed'],
])('%s is refused', async (_name, input, code) => {
  await using daemon = await createTestDaemon()
  const admin = await daemon.connect(daemon.home.token('admin'))
  await expect(admin.call('node.backup', input)).rejects.toMatchObject({ code })
})

test('only the administrator makes backups, and a daemon in memory has none to make', async () => {
  using daemon = await TestCore.start()
  const peer = daemon.join('a')
  expect(peer.refusal('node.backup', { path: '/tmp/x' }).code).toBe('forbidden')
  const id = daemon.admin.post('node.backup', { path: '/tmp/x' })
  await vi.waitUntil(() => daemon.admin.replied(id))
  expect(() => daemon.admin.outcome(id)).toThrow(/keeps nothing in a file/)
})

/** A stopped node and a backup of it. */
async function stopped() {
  const { daemon, admin, bob, message, folder } = await filled()
  const { home } = daemon
  onTestFinished(() => home.remove())
  const backup = join(folder, 'one')
  const made = await admin.call('node.backup', { path: backup })
  await daemon.daemon.stop()
  return { home, backup, bob, message, made, data: home.path }
}

test('a restore puts back what was there, keeps what it replaces, and begins another life in which the ids stay', async () => {
  const { home, backup, bob, message, made } = await stopped()
  {
    await using later = await createTestDaemon({ home: Object.assign(Object.create(home) as TestHome, { remove: () => undefined }) })
    const admin = await later.connect(home.token('admin'))
    await later.register('carl')
    const [own] = (await admin.call('credentials.list', { peer: 'bob' })).credentials
    await admin.call('credentials.revoke', { credential: own?.id ?? '' })
    rmSync(join(home.paths.artifacts, 'ab/cdef'))
  }
  const { done } = await workOffline(home.path, 'restore', { path: backup, dryRun: false })
  expect(done).toMatchObject({ ended: 1, unreadable: false })
  const before = done?.['before'] as string
  expect(readdirSync(before)).toContain('muster.db')
  expect(readFileSync(join(home.paths.artifacts, 'ab/cdef'), 'utf8')).toBe('an artifact')

  await using again = await createTestDaemon({ home })
  const admin = await again.connect(home.token('admin'))
  const status = await admin.call('node.status', {})
  expect(status.incarnation).toBe(done?.['incarnation'])
  expect(status.incarnation).not.toBe(made.incarnation)
  expect((await admin.call('threads.trace', { id: message })).message).toMatchObject({ id: message, body: 'before the backup' })
  expect((await admin.call('peers.list', {})).peers.map(({ name }) => name).sort()).toEqual(['ada', 'bob'])
  // Revoked since the backup, it stays revoked.
  await expect(WireClient.open(again.url, bob.token)).rejects.toThrow('401')
  const { events } = await admin.call('events.list', { types: ['node'] })
  expect(events.map(({ type, changed }) => [type, changed['ended']])).toEqual([['node.restored', 1]])
})

test('what was used or revoked of an approval since the backup stays so', async () => {
  const { home, data } = await stopped()
  const backup = join(data, '..', 'with-approvals')
  onTestFinished(() => rmSync(backup, { recursive: true, force: true }))
  const withDatabase = <T>(work: (db: Database.Database) => T): T => {
    const db = new Database(home.paths.database)
    try {
      return work(db)
    } finally {
      db.close()
    }
  }
  const insert = `INSERT INTO approvals (id, circle_id, decision_id, requester_id, action_kind, action_name, scope, max_uses, expires_at, past_approved, past_denied, granted_by,
    granted_at) VALUES (?, 1, 1, 1, 'command', 'npm test', '{}', 5, 9e15, 0, 0, 1, 1)`
  withDatabase((db) => {
    for (const id of [1, 2, 3]) db.prepare(insert).run(id)
  })
  expect((await workOffline(home.path, 'backup', { path: backup, force: false })).error).toBeUndefined()
  withDatabase((db) => db.exec('UPDATE approvals SET uses = 3 WHERE id = 1; UPDATE approvals SET revoked_at = 2 WHERE id = 2'))
  expect((await workOffline(home.path, 'restore', { path: backup, dryRun: false })).error).toBeUndefined()
  const approvals = withDatabase((db) => db.prepare('SELECT uses, revoked_at FROM approvals ORDER BY id').all())
  expect(approvals).toEqual([
    { uses: 3, revoked_at: null },
    { uses: 0, revoked_at: 2 },
    { uses: 0, revoked_at: null },
  ])
})

test('ids of a life that the restore has undone are unknown, also where the same backup is put back twice', async () => {
  const { home, backup } = await stopped()
  const lives: string[] = []
  for (const round of [1, 2]) {
    await workOffline(home.path, 'restore', { path: backup, dryRun: false })
    await using daemon = await createTestDaemon({ home: Object.assign(Object.create(home) as TestHome, { remove: () => undefined }) })
    const ada = await daemon.connect((await (await daemon.connect(home.token('admin'))).call('credentials.create', { peer: 'ada' })).token)
    lives.push((await ada.call('threads.notify', { to: 'bob', body: `life ${round}` })).sent[0]?.delivery ?? '')
    if (round === 1) continue
    const bob = await daemon.connect((await (await daemon.connect(home.token('admin'))).call('credentials.create', { peer: 'bob' })).token)
    await expect(bob.call('threads.trace', { id: lives[0] ?? '' })).rejects.toMatchObject({ code: 'not_found' })
    // An ack of it is no mistake, and acks nothing that has its number now.
    expect(await bob.call('mailbox.ack', { deliveries: lives })).toEqual({ acked: 1 })
  }
  expect(new Set(lives).size).toBe(2)
})

test.each([
  ['a byte of the database', (backup: string) => flip(join(backup, 'muster.db')), 'backup_damaged', /muster\.db is not what was backed up/],
  ['a byte of an artifact', (backup: string) => flip(join(backup, 'artifacts/ab/cdef')), 'backup_damaged', /cdef is not what/],
  ['an artifact that is gone', (backup: string) => rmSync(join(backup, 'artifacts/ab/cdef')), 'backup_damaged', /cdef is missing/],
  ['a manifest that is cut', (backup: string) => writeFileSync(join(backup, 'manifest.json'), '{"v": 1, '), 'backup_damaged', /manifest\.json/],
  ['no manifest', (backup: string) => rmSync(join(backup, 'manifest.json')), 'no_backup', /is no backup/],
  [
    'a path that leads out',
    (backup: string) => edit(backup, { artifacts: [{ path: '../../escaped', bytes: 1, sha256: 'a'.repeat(64) }] }),
    'backup_damaged',
    /manifest/,
  ],
  [
    'a newer schema',
    (backup: string) => edit(backup, { schema: 99, version: '9.9.9' }),
    'newer_schema',
    /schema 99, made by Muster 9\.9\.9; this version knows schema \d/,
  ],
] as const)('a restore refuses %s, and leaves everything as it is', async (_name, spoil, code, message) => {
  const { home, backup, data } = await stopped()
  spoil(backup)
  const files = readdirSync(data).sort()
  const before = readFileSync(home.paths.database)
  for (const dryRun of [true, false]) {
    const { error } = await workOffline(home.path, 'restore', { path: backup, dryRun })
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) })
  }
  expect(readdirSync(data).sort()).toEqual(files)
  expect(readFileSync(home.paths.database).equals(before)).toBe(true)
})

function flip(path: string): void {
  const bytes = readFileSync(path)
  const middle = bytes.length >> 1
  bytes[middle] = (bytes[middle] ?? 0) ^ 0xff
  writeFileSync(path, bytes)
}

function edit(backup: string, fields: object): void {
  const file = join(backup, 'manifest.json')
  writeFileSync(file, JSON.stringify({ ...(JSON.parse(readFileSync(file, 'utf8')) as object), ...fields }))
}

test('a restore is refused while the daemon runs; to look is not', async () => {
  const { daemon, admin, folder } = await filled()
  await using _ = daemon
  const path = join(folder, 'one')
  await admin.call('node.backup', { path })
  expect((await workOffline(daemon.home.path, 'restore', { path, dryRun: false })).error).toMatchObject({
    code: 'daemon_runs',
    hint: expect.stringContaining('muster down'),
  })
  expect((await workOffline(daemon.home.path, 'restore', { path, dryRun: true })).done).toMatchObject({ before: null, incarnation: null })
})

test('a daemon does not start on half a restore, and the restore can be done again', async () => {
  const { home, backup, data } = await stopped()
  // As if it had been killed after the old files were moved and before the new ones were.
  writeFileSync(join(data, 'restore.under-way'), '')
  mkdirSync(join(data, 'restore.4194305.partial'))
  rmSync(home.paths.database)
  await using daemon = new DaemonProcess(home)
  expect((await daemon.end()).code).toBe(65)
  expect(daemon.stderr).toMatch(/restore into .* was broken off.*muster restore <backup>/)
  expect(existsSync(home.paths.database)).toBe(false)
  expect((await workOffline(home.path, 'restore', { path: backup, dryRun: false })).done).toBeDefined()
  await using again = new DaemonProcess(home)
  const url = await again.url()
  expect((await registerPeer(url, home.token('enrolment'), 'dora')).id).toBeTruthy()
  expect(readdirSync(data).filter((name) => name.includes('partial'))).toEqual([])
})

test('a restore works where what is there is damaged, and says that revocations could not be read', async () => {
  const { home, backup } = await stopped()
  writeFileSync(home.paths.database, 'no database at all')
  const { done } = await workOffline(home.path, 'restore', { path: backup, dryRun: false })
  expect(done).toMatchObject({ unreadable: true, ended: 0 })
  expect(readFileSync(join(done?.['before'] as string, 'muster.db'), 'utf8')).toBe('no database at all')
  await using again = await createTestDaemon({ home })
  expect(await again.connect(home.token('admin'))).toBeDefined()
})
