import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { LogFile } from '../../../daemon/log-file.ts'

let folder: string
let path: string
let log: LogFile | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-log-'))
  path = join(folder, 'state', 'daemon.log')
})
afterEach(() => {
  log?.close()
  rmSync(folder, { recursive: true, force: true })
})

const read = (number = 0) => readFileSync(number === 0 ? path : `${path}.${number}`, 'utf8')
const names = () => readdirSync(join(folder, 'state')).sort()

test('a file that is full becomes the first of the old ones, of which only so many are kept; no line is cut or lost before', () => {
  log = new LogFile({ path, maxBytes: 10, keep: 2 })
  for (const line of ['one', 'two', 'three', 'four', 'five', 'six', 'seven']) log.write(`${line}\n`)
  expect([read(2), read(1), read()]).toEqual(['three\n', 'four\nfive\n', 'six\nseven\n'])
  expect(names()).toEqual(['daemon.log', 'daemon.log.1', 'daemon.log.2'])
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

test('a line longer than a whole file gets one of its own', () => {
  log = new LogFile({ path, maxBytes: 10, keep: 3 })
  for (const line of ['a', 'b'.repeat(50), 'c']) log.write(`${line}\n`)
  expect([read(2), read(1), read()]).toEqual(['a\n', `${'b'.repeat(50)}\n`, 'c\n'])
})

test('what an earlier process wrote counts, and its old files move up to the first gap only', () => {
  log = new LogFile({ path, maxBytes: 10, keep: 5 })
  log.write('12345\n')
  log.close()
  for (const [number, text] of [
    [1, 'newer\n'],
    [3, 'older\n'],
  ] as const)
    writeFileSync(`${path}.${number}`, text)
  log = new LogFile({ path, maxBytes: 10, keep: 5 })
  log.write('67890\n')
  expect([read(3), read(2), read(1), read()]).toEqual(['older\n', 'newer\n', '12345\n', '67890\n'])
})

test('a file that was moved away is begun anew within a second, one that another daemon rotated is not rotated again', () => {
  let now = 1_000
  log = new LogFile({ path, maxBytes: 12, keep: 5, now: () => now })
  log.write('before\n')
  renameSync(path, `${path}.1`)
  log.write('l\n')
  expect(read(1)).toBe('before\nl\n')
  log.write('rotated\n')
  expect([read(1), read()]).toEqual(['before\nl\n', 'rotated\n'])
  rmSync(path)
  now += 1_001
  log.write('anew\n')
  expect(read()).toBe('anew\n')
  expect(names()).toEqual(['daemon.log', 'daemon.log.1'])
})

test('lines that cannot be written stop nobody and are counted in the next one that can', () => {
  let now = 1_000
  log = new LogFile({ path, maxBytes: 100, keep: 5, now: () => now })
  rmSync(join(folder, 'state'), { recursive: true })
  now += 1_001
  log.write('lost\n')
  now += 1_001
  log.write('lost\n')
  expect(existsSync(path)).toBe(false)
  log.close()
  log = undefined
  const again = new LogFile({ path, maxBytes: 1_000, keep: 5, now: () => now })
  rmSync(path)
  writeFileSync(`${folder}/file`, '')
  renameSync(join(folder, 'state'), join(folder, 'aside'))
  now += 1_001
  again.write('lost\n')
  renameSync(join(folder, 'aside'), join(folder, 'state'))
  now += 1_001
  again.write('through\n')
  again.close()
  const [lost = '', through] = read().split('\n')
  expect(JSON.parse(lost)).toMatchObject({ msg: 'lines lost', lost: 1, code: 'ENOENT' })
  expect(through).toBe('through')
})

test('a file that cannot be renamed grows instead', () => {
  log = new LogFile({ path, maxBytes: 10, keep: 1 })
  log.write('12345678\n')
  // A folder that is not empty stands where the old file would go.
  const blocker = new LogFile({ path: `${path}.1/inside`, maxBytes: 10, keep: 1 })
  log.write('next\n')
  log.write('next\n')
  blocker.close()
  expect(read()).toBe('12345678\nnext\nnext\n')
})
