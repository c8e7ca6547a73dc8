import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { systemClock } from '../../../daemon/clock.ts'
import { launchProcess } from '../../../daemon/services/child.ts'
import { processStart } from '../../../daemon/services/process-start.ts'
import { ProcessRecord } from '../../../daemon/services/record.ts'
import { readSaid } from '../../../daemon/services/said.ts'
import { Supervisor } from '../../../daemon/services/supervisor.ts'

const root = mkdtempSync(join(tmpdir(), 'muster-services-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
/** Waits of the supervisor pass this many times as fast. */
const HASTE = 20
const clock = { ...systemClock, monoMs: () => systemClock.monoMs() * HASTE, setTimer: (fn: () => void, ms: number) => systemClock.setTimer(fn, ms / HASTE) }
let made = 0

/** A supervisor of a program that does what it is told; what happened to it, in order. */
function scene(behaviour: string) {
  const folder = join(root, `s${++made}`)
  mkdirSync(folder)
  const happened: string[] = []
  const logged: string[] = []
  const log = (about: object) => void logged.push(JSON.stringify(about))
  let credentials = 0
  const record = new ProcessRecord(folder, 'probe')
  const supervisor = new Supervisor({
    name: 'probe',
    clock,
    random: (count) => new Uint8Array(count),
    log: { info: log, warn: log, error: log } as never,
    record,
    launch: (onLine) => launchProcess({ program: '../test/support/service-program', cwd: folder, env: { PATH: process.env['PATH'] ?? '' }, onLine }),
    hello: async () => {
      happened.push(`credential ${++credentials}`)
      return JSON.stringify({ v: 1, token: `secret-${credentials}`, behaviour })
    },
    endCredential: async () => void happened.push(`ended ${credentials}`),
  })
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await sleep(5)
  }
  const pid = () => (JSON.parse(readFileSync(join(folder, 'probe.json'), 'utf8')) as { pid: number }).pid
  return { supervisor, folder, happened, logged, record, until, pid, state: () => supervisor.status.state }
}

test('a service is told what to do and who it is by its input alone, runs, reports, and ends when it is asked to', async () => {
  const { supervisor, state, until, pid, happened, folder, logged } = scene('works')
  supervisor.start()
  await until(() => state() === 'running' && supervisor.status.parts.length === 1)
  const running = pid()
  for (const file of ['cmdline', 'environ']) expect(readFileSync(`/proc/${running}/${file}`, 'utf8')).not.toContain('secret-1')
  expect(supervisor.status.parts).toEqual([{ name: 'p', state: 'failing', says: 'told secret-1', at: '2026-01-01T00:00:00.000Z' }])
  expect(logged.some((line) => line.includes('"says":"at work"'))).toBe(true)
  await supervisor.stop()
  expect(processStart(running)).toBeUndefined()
  expect([state(), happened, readdirSync(folder)]).toEqual(['stopped', ['credential 1', 'ended 1'], []])
})

test('one that ends is started again after longer and longer pauses, one at a time, each with a credential of its own', async () => {
  const { supervisor, until, happened, state } = scene('ends')
  supervisor.start()
  await until(() => supervisor.status.restarts === 3)
  await supervisor.stop()
  expect(supervisor.status.lastEnd).toBe('ended with status 3')
  expect(state()).toBe('stopped')
  // Never two that are good at once.
  const count = happened.length / 2
  expect(happened).toEqual(Array.from({ length: count }, (_, index) => [`credential ${index + 1}`, `ended ${index + 1}`]).flat())
})

test('one that does not end when it is asked to is made to, with what it has started', async () => {
  const { supervisor, until, state, pid, folder } = scene('clings')
  supervisor.start()
  await until(() => state() === 'running')
  const child = Number(readFileSync(join(folder, 'child'), 'utf8'))
  const [own, ofChild] = [pid(), child].map(processStart)
  expect([own, ofChild]).not.toContain(undefined)
  await supervisor.stop()
  await until(() => processStart(child) === undefined)
})

test('a stop while it waits to be started again does not wait', async () => {
  const { supervisor, until, state } = scene('ends')
  supervisor.start()
  await until(() => state() === 'waiting')
  await supervisor.stop()
  expect(state()).toBe('stopped')
})

test('a process that an earlier daemon left is waited for and then ended before another is started', async () => {
  const first = scene('clings')
  first.supervisor.start()
  await first.until(() => first.state() === 'running')
  const second = scene('works')
  second.record.write(first.pid())
  second.supervisor.start()
  await second.until(() => second.state() === 'waiting')
  expect([second.supervisor.status.lastEnd, second.happened]).toEqual([`process ${first.pid()} of an earlier daemon has not ended yet`, []])
  const left = first.pid()
  await second.until(() => second.state() === 'running')
  expect(processStart(left)).toBeUndefined()
  await Promise.all([first.supervisor.stop(), second.supervisor.stop()])
})

test('a process that only has the same id is none of ours and stays', async () => {
  const { supervisor, until, state, folder } = scene('works')
  writeFileSync(join(folder, 'probe.json'), JSON.stringify({ pid: process.pid, startedAt: '1' }))
  supervisor.start()
  await until(() => state() === 'running')
  await supervisor.stop()
})

test.each(['', '{', '{"pid":1,"startedAt":"1"}', '{"pid":"x"}', '{"pid":-1,"startedAt":null}'])('a record that says %s leaves nobody behind', (text) => {
  const { record, folder } = scene('works')
  writeFileSync(join(folder, 'probe.json'), text)
  expect(record.leftOver()).toBeUndefined()
})

test('when a process started tells it from a later one', () => {
  expect(processStart(process.pid)).toMatch(/\d/)
  expect(processStart(process.pid)).toBe(processStart(process.pid))
  expect(processStart(process.ppid)).not.toBe(processStart(process.pid))
  const gone = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim()
  expect(processStart(Number(gone))).toBeUndefined()
})

describe('what a service says', () => {
  test.each([
    ['{"ready":true}', { kind: 'state' }],
    ['{"level":"warn","says":"x","more":{}}', { kind: 'log', level: 'warn', says: 'x' }],
    [
      '{"parts":[{"name":"a","state":"ok","says":"b","at":"2026-01-01T00:00:00.000Z","x":1},{"name":"a","state":"odd"},7]}',
      { kind: 'state', parts: [{ name: 'a', state: 'ok', says: 'b', at: '2026-01-01T00:00:00.000Z' }] },
    ],
    ['{"level":"fatal","says":"x"}', undefined],
    ['[]', undefined],
    ['not JSON', undefined],
    ['null', undefined],
  ])('%s', (line, said) => {
    expect(readSaid(line)).toEqual(said)
  })
})
