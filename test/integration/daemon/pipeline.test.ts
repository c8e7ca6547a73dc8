import { expect, test } from 'vitest'
import { MusterError } from '../../../src/errors.ts'
import { faultyDriver, sqliteError, TestCore } from '../../support/test-core.ts'

/** A daemon whose database fails where the test says. */
async function faultyDaemon() {
  const fault = { now: (_sql: string): void => undefined }
  const daemon = await TestCore.start({ driver: faultyDriver((sql) => fault.now(sql)) })
  return { daemon, fault }
}

test('commands that arrive in one turn of the loop share one commit', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.join('b')
  const before = { ...daemon.core.pipeline.stats }
  const ids = Array.from({ length: 10 }, (_, n) => a.post('threads.notify', { to: 'b', body: `n${n}`, causedBy: null }))
  daemon.pass(0)
  expect(ids.every((id) => a.replied(id))).toBe(true)
  expect(daemon.core.pipeline.stats.batches - before.batches).toBe(1)
  expect(daemon.core.pipeline.stats.commands - before.commands).toBe(10)
})

test('a batch ends at 256 commands and the rest follows in the next', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const before = { ...daemon.core.pipeline.stats }
  const ids = Array.from({ length: 300 }, (_, n) => a.post('peers.describe', { description: `d${n}` }))
  daemon.pass(0)
  expect(ids.every((id) => a.replied(id))).toBe(true)
  expect(daemon.core.pipeline.stats.batches - before.batches).toBe(2)
})

test('a command that fails after writing takes back its own writes and leaves those of its batch', async () => {
  using daemon = await TestCore.start()
  const { pipeline } = daemon.core
  const outcomes: unknown[] = []
  const write = (key: string) =>
    pipeline.submit(
      (tx) => tx.run('INSERT INTO meta (key, value) VALUES (?, ?)', key, key),
      (outcome) => outcomes.push(outcome.ok),
    )
  write('before')
  pipeline.submit(
    (tx) => {
      tx.run("INSERT INTO meta (key, value) VALUES ('failed', '')")
      throw new MusterError('forbidden')
    },
    (outcome) => outcomes.push(outcome.ok ? 'ok' : outcome.error.code),
  )
  write('after')
  daemon.pass(0)
  expect(outcomes).toEqual([true, 'forbidden', true])
  expect(daemon.rows("SELECT key FROM meta WHERE key IN ('before', 'failed', 'after') ORDER BY key")).toEqual([{ key: 'after' }, { key: 'before' }])
})

test('effects of a failed command do not run, those of the others run in command order after the outcomes', async () => {
  using daemon = await TestCore.start()
  const { pipeline } = daemon.core
  const order: string[] = []
  const command = (name: string, fails: boolean) =>
    pipeline.submit(
      (tx) => {
        tx.run('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)', name, name)
        tx.after(() => order.push(`effect ${name}`))
        tx.onFailure(() => order.push(`failure ${name}`))
        if (fails) throw new MusterError('forbidden')
      },
      (outcome) => order.push(`outcome ${name} ${outcome.ok}`),
    )
  command('a', false)
  command('b', true)
  command('c', false)
  daemon.pass(0)
  expect(order).toEqual(['outcome a true', 'effect a', 'outcome b false', 'failure b', 'outcome c true', 'effect c'])
})

test('an effect that throws keeps no other effect from running', async () => {
  using daemon = await TestCore.start()
  const ran: string[] = []
  daemon.core.pipeline.submit(
    (tx) => {
      tx.after(() => {
        throw new Error('effect')
      })
      tx.after(() => ran.push('second'))
    },
    () => undefined,
  )
  daemon.pass(0)
  expect(ran).toEqual(['second'])
  expect(daemon.errors).toHaveLength(1)
})

test('an error that no handler foresaw becomes `internal` for its caller alone', async () => {
  using daemon = await TestCore.start()
  const outcomes: unknown[] = []
  daemon.core.pipeline.submit(
    () => {
      throw new TypeError('a mistake')
    },
    (outcome) => outcomes.push(outcome.ok || outcome.error.code),
  )
  daemon.core.pipeline.submit(
    () => 1,
    (outcome) => outcomes.push(outcome.ok),
  )
  daemon.pass(0)
  expect(outcomes).toEqual(['internal', true])
  expect(daemon.errors[0]).toBeInstanceOf(TypeError)
})

test('a transaction that SQLite ended by itself fails the whole batch with `unavailable` and leaves nothing written', async () => {
  const { daemon, fault } = await faultyDaemon()
  using _ = daemon
  const a = daemon.join('a')
  daemon.join('b')
  const threads = daemon.row('SELECT count(*) AS n FROM threads')
  fault.now = (sql) => {
    if (!sql.startsWith('INSERT INTO open_asks')) return
    fault.now = () => undefined
    daemon.db.exec('ROLLBACK')
    throw sqliteError('SQLITE_NOMEM')
  }
  const notify = a.post('threads.notify', { to: 'b', body: 'n' })
  const ask = a.post('threads.ask', { to: 'b', body: 'q' })
  daemon.pass(0)
  for (const id of [notify, ask]) expect(() => a.outcome(id)).toThrow(expect.objectContaining({ code: 'unavailable', retryable: true }))
  expect(daemon.row('SELECT count(*) AS n FROM threads')).toEqual(threads)
  expect(a.call('threads.notify', { to: 'b', body: 'again' }).sent).toHaveLength(1)
})

test('a COMMIT that fails while the database is busy fails the batch and the next one succeeds', async () => {
  const { daemon, fault } = await faultyDaemon()
  using _ = daemon
  const a = daemon.join('a')
  const b = daemon.join('b')
  fault.now = (sql) => {
    if (sql !== 'COMMIT') return
    fault.now = () => undefined
    throw sqliteError('SQLITE_BUSY')
  }
  expect(a.refusal('threads.notify', { to: 'b', body: 'lost' }).code).toBe('unavailable')
  expect(b.deliveries()).toEqual([])
  expect(daemon.fatal).toEqual([])
  a.call('threads.notify', { to: 'b', body: 'kept' })
  expect(b.delivery().message.body).toBe('kept')
})

test('an I/O error at COMMIT is fatal at once: nothing is confirmed and nothing more is accepted', async () => {
  const { daemon, fault } = await faultyDaemon()
  using _ = daemon
  const a = daemon.join('a')
  const b = daemon.join('b')
  fault.now = (sql) => {
    if (sql === 'COMMIT') throw sqliteError('SQLITE_IOERR_FSYNC')
  }
  expect(a.refusal('threads.notify', { to: 'b', body: 'n' }).code).toBe('unavailable')
  expect(daemon.fatal).toEqual([expect.objectContaining({ code: 'SQLITE_IOERR_FSYNC' })])
  fault.now = () => undefined
  expect(a.refusal('threads.notify', { to: 'b', body: 'n' }).code).toBe('shutting_down')
  expect(b.deliveries()).toEqual([])
})

test('a full disk turns the node read-only, which reads still work in, and it recovers by itself when there is space', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  daemon.join('b')
  daemon.db.pragma(`max_page_count = ${daemon.db.pragma('page_count', { simple: true })}`)
  const body = 'x'.repeat(200_000)
  expect(a.refusal('threads.notify', { to: 'b', body, causedBy: null })).toMatchObject({ code: 'read_only' })
  expect(daemon.core.pipeline.readOnly).toBe(true)
  expect(a.refusal('peers.describe', { description: 'x' }).code).toBe('read_only')
  expect(daemon.admin.call('node.status', {}).readOnly).toBe(true)
  expect(a.call('peers.list', {}).peers).toHaveLength(2)
  daemon.db.pragma('max_page_count = 1000000')
  daemon.pass(5_000)
  expect(a.call('threads.notify', { to: 'b', body, causedBy: null }).sent).toHaveLength(1)
  expect(daemon.core.pipeline.readOnly).toBe(false)
})

test('numbers taken by a failed batch are never given out again', async () => {
  const { daemon, fault } = await faultyDaemon()
  using _ = daemon
  const a = daemon.join('a')
  daemon.join('b')
  const first = a.call('threads.notify', { to: 'b', body: '1', causedBy: null }).sent[0]?.message ?? ''
  const before = daemon.core.store.last('message')
  fault.now = (sql) => {
    if (sql !== 'COMMIT') return
    fault.now = () => undefined
    throw sqliteError('SQLITE_BUSY')
  }
  a.refusal('threads.notify', { to: 'b', body: '2', causedBy: null })
  const second = a.call('threads.notify', { to: 'b', body: '3', causedBy: null }).sent[0]?.message ?? ''
  expect(daemon.number(first)).toBe(before)
  expect(daemon.number(second)).toBe(before + 2)
})

test('what peers are called is not answered from before a command of the same batch that failed', async () => {
  using daemon = await TestCore.start()
  const a = daemon.join('a')
  const b = daemon.join('b')
  const renamed = b.post('peers.rename', { name: 'c' })
  const asked = a.post('threads.ask', { to: 'c', body: 'q' })
  const clash = b.post('peers.rename', { name: 'a' })
  daemon.pass(0)
  expect(b.outcome(renamed)).toMatchObject({ peer: { name: 'c' } })
  expect(a.outcome(asked)).toMatchObject({ sent: [{ to: { name: 'c' } }] })
  expect(() => b.outcome(clash)).toThrow(expect.objectContaining({ code: 'name_taken' }))
  expect(a.refusal('threads.ask', { to: 'b', body: 'q' }).code).toBe('not_found')
  expect(a.call('threads.ask', { to: 'c', body: 'q' }).sent[0]?.to.name).toBe('c')
})
