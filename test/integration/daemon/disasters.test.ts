/** What may happen to the files under a daemon: a clear refusal, and nothing is lost, made up or given out twice. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect, onTestFinished, test, vi } from 'vitest'
import { decodeId } from '../../../src/ids.ts'
import { DaemonProcess, registerPeer, TestHome } from '../../support/daemon.ts'
import { MountedDaemon, whyNoMounts } from '../../support/own-mounts.ts'
import { TestCore } from '../../support/test-core.ts'
import { WireClient } from '../../support/wire-client.ts'

const PATIENCE = { timeout: 20_000, interval: 50 }

function tokenIn(file: string): string {
  return readFileSync(file, 'utf8').trim()
}

function emptyHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'muster-disaster-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  mkdirSync(join(home, 'data/muster'), { recursive: true })
  return home
}

test('a disk that fills makes the node read only; what was accepted is there, and it goes on once there is room', async (context) => {
  const problem = whyNoMounts()
  if (problem) context.skip(problem)
  const home = emptyHome()
  await using daemon = new MountedDaemon(home, 'mount -t tmpfs -o size=4m none "$DATA" && head -c 1m /dev/zero > "$DATA/ballast"')
  const url = await vi.waitUntil(() => daemon.url, PATIENCE)
  const enrolment = tokenIn(daemon.token('enrolment'))
  const [a] = [await registerPeer(url, enrolment, 'a'), await registerPeer(url, enrolment, 'b')]
  const wire = await WireClient.greet(url, a.token)
  const admin = await WireClient.greet(url, tokenIn(daemon.token('admin')))
  const accepted = new Map<string, string>()
  const send = async (body: string) => {
    const [sent] = (await wire.call('threads.notify', { to: 'b', body, causedBy: null })).sent
    accepted.set(sent?.message ?? '', body)
  }
  const filling = async () => {
    for (let n = 0; ; n += 1) await send(`${n} `.padEnd(60_000, '.'))
  }
  await expect(filling()).rejects.toMatchObject({ code: 'read_only' })
  expect(accepted.size).toBeGreaterThan(3)

  // It says so everywhere, and reads on.
  expect((await fetch(`${url}/health`)).status).toBe(200)
  expect((await fetch(`${url}/ready`)).status).toBe(503)
  expect(await admin.call('node.status', {})).toMatchObject({ readOnly: true, queued: accepted.size })
  await expect(admin.call('node.backup', { path: join(daemon.data, 'backup') })).rejects.toMatchObject({ code: 'backup_failed' })
  expect(readdirSync(daemon.seen).filter((name) => name.startsWith('backup'))).toEqual([])
  expect((await admin.call('node.backup', { path: join(home, 'elsewhere') })).bytes).toBeGreaterThan(accepted.size * 60_000)

  rmSync(join(daemon.seen, 'ballast'))
  await vi.waitUntil(
    async () =>
      await send('there is room again').then(
        () => true,
        () => false,
      ),
    PATIENCE,
  )
  expect((await admin.call('node.status', {})).readOnly).toBe(false)
  for (const [id, body] of accepted) expect((await admin.call('threads.trace', { id })).message.body).toBe(body)
  expect((await admin.call('node.status', {})).queued).toBe(accepted.size)
})

test.for([
  ['is full', 'mount -t tmpfs -o size=200k none "$DATA" && (head -c 1m /dev/zero > "$DATA/ballast" || true)', /disk that holds .*muster\.db is full/],
  ['cannot be written', 'mount --bind "$DATA" "$DATA" && mount -o remount,bind,ro "$DATA"', /cannot be written \(\w+\).*belong to the user/],
] as const)('a start on a disk that %s is refused with 77 and says so', async ([, setUp, message], context) => {
  const problem = whyNoMounts()
  if (problem) context.skip(problem)
  const home = emptyHome()
  await using daemon = new MountedDaemon(home, setUp)
  expect(await daemon.ended()).toBe(77)
  expect(daemon.output).toMatch(message)
})

/** A home whose daemon was killed after it had accepted so many notifies from a to b; their ids, in order. */
async function killed(count: number) {
  const home = new TestHome()
  onTestFinished(() => home.remove())
  const daemon = new DaemonProcess(home)
  const url = await daemon.url()
  const [a] = [await registerPeer(url, home.token('enrolment'), 'a'), await registerPeer(url, home.token('enrolment'), 'b')]
  const wire = await WireClient.greet(url, a.token)
  const admin = await WireClient.greet(url, home.token('admin'))
  const { incarnation } = await admin.call('node.status', {})
  const ids: string[] = []
  for (let n = 0; n < count; n += 1) ids.push((await wire.call('threads.notify', { to: 'b', body: `${n}`, causedBy: null })).sent[0]?.message ?? '')
  await daemon.end('SIGKILL')
  return { home, ids, a, incarnation, db: home.paths.database }
}

/** Brings everything from the log into the database, as an orderly stop does. */
function checkpoint(path: string): void {
  const db = new Database(path)
  db.pragma('wal_checkpoint(TRUNCATE)')
  db.close()
}

function noise(path: string, from: number, length: number): void {
  const bytes = readFileSync(path)
  for (let index = from; index < from + length; index += 1) bytes[index] = (index * 151 + 89) & 0xff
  writeFileSync(path, bytes)
}

const PAGE = 4_096

test.each([
  ['cut to half', (path: string) => truncateSync(path, Math.floor(statSync(path).size / PAGE / 2) * PAGE)],
  ['cut in its first page', (path: string) => truncateSync(path, 100)],
  ['cut to nothing', (path: string) => truncateSync(path, 0)],
  ['with noise for its head', (path: string) => noise(path, 0, 100)],
  ['with noise for a page in the middle', (path: string) => noise(path, 7 * PAGE, PAGE)],
])('a database %s is refused with 65; the daemon says what to do and leaves every byte', async (_name, spoil) => {
  const { home, db } = await killed(20)
  checkpoint(db)
  spoil(db)
  const before = readFileSync(db)
  const daemon = new DaemonProcess(home)
  expect(await daemon.end()).toEqual({ code: 65, signal: null })
  expect(daemon.stderr).toMatch(/muster\.db is damaged: .*left as it is.*muster restore <backup>/)
  expect(readFileSync(db).equals(before)).toBe(true)
  expect(existsSync(home.paths.daemonFile)).toBe(true)
})

test('a database that is gone while its log is there is not begun anew', async () => {
  const { home, db } = await killed(5)
  rmSync(db)
  const daemon = new DaemonProcess(home)
  expect((await daemon.end()).code).toBe(65)
  expect(daemon.stderr).toMatch(/it is gone, and only its write-ahead log is there/)
  expect(existsSync(db)).toBe(false)
})

test('damage that shows itself later stops the daemon, and the next start looks through everything', async () => {
  const home = mkdtempSync(join(tmpdir(), 'muster-disaster-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const path = join(home, 'muster.db')
  const daemon = await TestCore.start({ path })
  daemon.join('a')
  const id = daemon.join('b').call('threads.notify', { to: 'a', body: 'x'.repeat(9_000) }).sent[0]?.message ?? ''
  daemon.db.pragma('wal_checkpoint(TRUNCATE)')
  daemon.db.pragma('cache_size = 0')
  daemon.db.pragma('shrink_memory')
  const { pgno } = daemon.row<{ pgno: number }>("SELECT rootpage AS pgno FROM sqlite_master WHERE name = 'messages'") ?? { pgno: 0 }
  noise(path, (pgno - 1) * PAGE, PAGE)
  expect(daemon.admin.refusal('threads.trace', { id }).code).toBe('internal')
  expect(daemon.fatal).toHaveLength(1)
  expect(existsSync(`${path}.suspect`)).toBe(true)
  daemon.crash()
  await expect(TestCore.start({ path })).rejects.toThrow(/damaged/)
})

test.each([
  ['gone', (log: string) => rmSync(log)],
  ['cut', (log: string) => truncateSync(log, Math.floor(statSync(log).size / 3))],
  ['damaged', (log: string) => noise(log, Math.floor(statSync(log).size / 3), 300)],
])('where the log is %s, another life begins: what is left is whole, and no id is ever given to something else', async (_name, spoil) => {
  const { home, ids, a, incarnation, db } = await killed(60)
  spoil(`${db}-wal`)
  await using daemon = new DaemonProcess(home)
  const url = await daemon.url()
  expect(daemon.stdout).toMatch(/another life of the database begins/)
  // The tokens of before may be among what is lost; the daemon has written one that works.
  await using admin = await WireClient.greet(url, home.token('admin'))
  const status = await admin.call('node.status', {})
  expect(status.incarnation).not.toBe(incarnation)
  const found = await Promise.all(
    ids.map(
      async (id) =>
        await admin.call('threads.trace', { id }).then(
          ({ message }) => message.body,
          ({ code }: { code: string }) => code,
        ),
    ),
  )
  const kept = found.filter((body) => body !== 'not_found')
  expect(kept).toEqual(ids.slice(0, kept.length).map((_id, n) => `${n}`))
  expect(kept.length).toBeLessThan(ids.length)
  const enrolment = home.token('enrolment')
  const [c] = [await registerPeer(url, enrolment, 'c'), await registerPeer(url, enrolment, 'd')]
  expect(a.id).not.toBe(c.id)
  const wire = await WireClient.greet(url, c.token)
  for (let n = 0; n < 80; n += 1) {
    const id = (await wire.call('threads.notify', { to: 'd', body: 'new', causedBy: null })).sent[0]?.message ?? ''
    expect(ids).not.toContain(id)
    expect(decodeId(id)?.tag).toBe(status.incarnation)
  }
  expect(await admin.call('threads.trace', { id: ids.at(-1) ?? '' }).catch(({ code }: { code: string }) => code)).toBe('not_found')
})

test('a kill alone begins no other life', async () => {
  const { home, ids, incarnation } = await killed(60)
  await using daemon = new DaemonProcess(home)
  await using admin = await WireClient.greet(await daemon.url(), home.token('admin'))
  expect((await admin.call('node.status', {})).incarnation).toBe(incarnation)
  expect((await admin.call('threads.trace', { id: ids.at(-1) ?? '' })).message.body).toBe('59')
})

test('after a power cut without durability full, another life begins', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'muster-disaster-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'muster.db')
  const first = await TestCore.start({ path })
  const { tag } = first.core.store
  // As a machine leaves it that went down: the mark of another boot, and the log.
  first.run(`UPDATE meta SET value = '{"durability":"os","boot":"another"}' WHERE key = 'running'`)
  const reader = new Database(path, { readonly: true })
  reader.prepare('SELECT count(*) FROM meta').get()
  for (const suffix of ['', '-wal']) copyFileSync(path + suffix, `${path}.cut${suffix}`)
  reader.close()
  first.stop()
  for (const suffix of ['', '-wal']) {
    // The same file with the content of then.
    writeFileSync(path + suffix, readFileSync(`${path}.cut${suffix}`))
  }
  using again = await TestCore.start({ path })
  expect(again.core.store.begunBecause).toMatch(/went down/)
  expect(again.core.store.tag).not.toBe(tag)
})
