import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NewerSchemaError, openDatabase } from '../../../daemon/store/database.ts'
import { DatabaseInUseError } from '../../../daemon/store/lock.ts'
import { decodeId, encodeId } from '../../../src/ids.ts'
import { TestCore } from '../../support/test-core.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-store-'))
})

afterEach((context) => {
  // Kept for a look where the test failed.
  if (context.task.result?.state !== 'fail') rmSync(folder, { recursive: true, force: true })
})

const path = (name = 'muster.db') => join(folder, name)

test('a database with a newer schema is refused and left as it is', () => {
  const db = openDatabase(path(), 'os')
  db.pragma('user_version = 99')
  db.close()
  expect(() => openDatabase(path(), 'os')).toThrow(NewerSchemaError)
  const again = new Database(path())
  expect(again.pragma('user_version', { simple: true })).toBe(99)
  again.close()
})

test('a migration that fails half way is not applied at all', () => {
  const db = new Database(path())
  db.exec('CREATE TABLE pairs (x)')
  db.close()
  expect(() => openDatabase(path(), 'os')).toThrow(/pairs/)
  const again = new Database(path())
  expect(again.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()).toEqual([{ name: 'pairs' }])
  expect(again.pragma('user_version', { simple: true })).toBe(0)
  again.close()
})

test('a database is opened with a write-ahead log, foreign keys, full flushes and a mode for its owner alone', () => {
  const db = openDatabase(path(), 'full')
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(db.pragma('synchronous', { simple: true })).toBe(2)
  expect(db.pragma('foreign_keys', { simple: true })).toBe(1)
  db.close()
})

test('a restart keeps the incarnation, the rows and the counters', async () => {
  const first = await TestCore.start({ path: path() })
  first.join('a')
  const sent = first.join('b').call('threads.notify', { to: 'a', body: 'n' }).sent[0]
  const { tag } = first.core.store
  first.stop()
  using again = await TestCore.start({ path: path() })
  expect(again.core.store.tag).toBe(tag)
  expect(again.core.store.last('message')).toBe(decodeId(sent?.message ?? '')?.number)
  expect(again.admin.call('threads.trace', { id: sent?.message ?? '' }).message.body).toBe('n')
})

test('a copied file is another incarnation that reads the old ids up to the copy and none after it', async () => {
  const original = await TestCore.start({ path: path() })
  original.join('a')
  const b = original.join('b')
  const before = b.call('threads.notify', { to: 'a', body: 'before' }).sent[0]?.message ?? ''
  original.stop()
  copyFileSync(path(), path('copy.db'))
  const later = await TestCore.start({ path: path() })
  const after = later.connect(b.token).call('threads.notify', { to: 'a', body: 'after' }).sent[0]?.message ?? ''
  const { tag } = later.core.store
  later.stop()

  using copy = await TestCore.start({ path: path('copy.db') })
  expect(copy.core.store.tag).not.toBe(tag)
  const reader = copy.connect(b.token)
  expect(reader.call('threads.trace', { id: before }).message.body).toBe('before')
  const own = reader.call('threads.notify', { to: 'a', body: 'own' }).sent[0]?.message ?? ''
  expect(decodeId(own)).toMatchObject({ tag: copy.core.store.tag, number: decodeId(after)?.number })
  expect(reader.refusal('threads.trace', { id: after }).code).toBe('not_found')
})

test('an id of a foreign incarnation, or of another kind, is not found', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const thread = daemon.join('b').call('threads.ask', { to: 'a', body: 'q' }).sent[0]?.thread ?? ''
  expect(a.refusal('threads.get', { thread: encodeId('thread', 'zzzzzz', 1) }).code).toBe('not_found')
  expect(a.refusal('threads.get', { thread: thread.replace('thr_', 'msg_') }).code).toBe('invalid_input')
  expect(a.refusal('threads.get', { thread: encodeId('thread', daemon.core.store.tag, 999_999) }).code).toBe('not_found')
})

test('a restored database mints a new incarnation and expires the cursors of the old one', async () => {
  const first = await TestCore.start({ path: path() })
  const cursor = first.admin.call('node.status', {}).cursor
  first.stop()
  using restored = await TestCore.start({ path: path(), reincarnate: 'restored' })
  expect(restored.row('SELECT reason FROM incarnations WHERE tag = ?', restored.core.store.tag)).toEqual({ reason: 'restored' })
  expect(restored.admin.refusal('events.list', { after: cursor })).toMatchObject({
    code: 'cursor_expired',
    current: restored.core.store.cursor(restored.core.store.last('event')),
  })
})

test('numbers are not given out again after a crash', async () => {
  const first = await TestCore.start({ path: path() })
  first.join('a')
  const sent = first.join('b').call('threads.notify', { to: 'a', body: 'n' }).sent[0]?.message ?? ''
  first.crash()
  using again = await TestCore.start({ path: path() })
  again.join('c')
  const next = again.join('d').call('threads.notify', { to: 'c', body: 'n' }).sent[0]?.message ?? ''
  expect(again.number(next)).toBe(again.number(sent) + 1)
})

test('a second daemon on the same database is refused while the first lives, and readers are not', async () => {
  const first = await TestCore.start({ path: path() })
  await expect(TestCore.start({ path: path() })).rejects.toThrow(DatabaseInUseError)
  const reader = new Database(path(), { readonly: true })
  expect(reader.prepare('SELECT count(*) AS n FROM incarnations').get()).toEqual({ n: 1 })
  reader.close()
  first.crash()
  const second = await TestCore.start({ path: path() })
  second.stop()
})
