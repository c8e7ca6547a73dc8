import { appendFile, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type FileEnd, followFile, lastLines, type Place } from '../../../client/cli/file-tail.ts'
import { describeLogLine, formatLogLine } from '../../../client/cli/log-lines.ts'

describe('a line of the log', () => {
  const now = new Date(2026, 0, 31, 12).getTime()
  const time = new Date(2026, 0, 31, 11, 59, 30).getTime()

  it('shows its time, level, message and fields', () => {
    const line = JSON.stringify({ level: 30, time, pid: 1, hostname: 'x', url: 'http://127.0.0.1:1', reason: 'two words', count: 2, msg: 'listening' })
    expect(formatLogLine(line, now)).toBe('11:59:30 info  listening url=http://127.0.0.1:1 reason="two words" count=2')
  })

  it('shows the sentence of an error, not its stack', () => {
    const line = JSON.stringify({ level: 50, time, err: { message: 'disk full', stack: 'Error: …' }, msg: 'commit failed' })
    expect(describeLogLine(line)).toBe('commit failed err="disk full"')
  })

  it.each([
    ['    at Object.<anonymous> (x.js:1:1)', 'at Object.<anonymous> (x.js:1:1)'],
    ['{"level":30,"ti', '{"level":30,"ti'],
    ['\u001b[31mred', '\\x1b[31mred'],
  ])('that is no log entry is shown as it is: %j', (line, shown) => {
    expect(formatLogLine(line, now)).toBe(shown)
  })
})

describe('a log file', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'muster-log-'))
    path = join(folder, 'daemon.log')
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('is read from its end, across the borders of what is read at once', async () => {
    const lines = Array.from({ length: 30_000 }, (_, index) => `line ${index} ü`)
    await writeFile(path, `${lines.join('\n')}\n`)
    expect((await lastLines(path, 3))?.lines).toEqual(lines.slice(-3))
    expect((await lastLines(path, 10_000))?.lines).toEqual(lines.slice(-10_000))
    expect((await lastLines(path, 99_999))?.lines).toEqual(lines)
  })

  it('may be empty, unfinished or not there', async () => {
    expect(await lastLines(path, 5)).toBeUndefined()
    await writeFile(path, '')
    expect(await lastLines(path, 5)).toMatchObject({ lines: [], place: { offset: 0 } })
    await writeFile(path, 'whole\nunfini')
    expect(await lastLines(path, 5)).toMatchObject({ lines: ['whole'], place: { offset: 6 } })
  })

  it('is followed line by line, also when it begins anew', async () => {
    await writeFile(path, 'before\nunfini')
    const stop = new AbortController()
    const end = await lastLines(path, 1)
    const lines = followFile(path, placeOf(end), stop.signal)
    const next = async () => (await lines.next()).value
    await appendFile(path, 'shed\nsecond\n')
    expect([await next(), await next()]).toEqual(['unfinished', 'second'])
    await truncate(path)
    await appendFile(path, 'anew\n')
    expect(await next()).toBe('anew')
    stop.abort()
    expect(await next()).toBeUndefined()
  })

  it('goes on in the files that it was before', async () => {
    await writeFile(path, '7\n8\n')
    await writeFile(`${path}.1`, '4\n5\n6\n')
    // The second is missing: a daemon was killed while it renamed.
    await writeFile(`${path}.3`, '1\n2\n3\nhalf')
    expect((await lastLines(path, 6))?.lines).toEqual(['3', '4', '5', '6', '7', '8'])
    expect((await lastLines(path, 100))?.lines).toEqual(['1', '2', '3', '4', '5', '6', '7', '8'])
  })

  it('is followed through renaming, however often in one look, and to the half line of a process that was killed', async () => {
    await writeFile(path, '1\n')
    const stop = new AbortController()
    const lines = followFile(path, placeOf(await lastLines(path, 1)), stop.signal)
    const next = async () => (await lines.next()).value
    await appendFile(path, '2\n')
    expect(await next()).toBe('2')
    await appendFile(path, '3\nhal')
    await rename(path, `${path}.1`)
    await writeFile(path, '4\n')
    await rename(`${path}.1`, `${path}.2`)
    await rename(path, `${path}.1`)
    await writeFile(path, '5\nand so on\n')
    expect([await next(), await next(), await next(), await next()]).toEqual(['3', 'hal', '4', '5'])
    stop.abort()
    await lines.return(undefined)
  })

  it('whose place is gone is followed from the beginning of the present one', async () => {
    await writeFile(path, '1\n')
    const stop = new AbortController()
    const lines = followFile(path, { inode: 0, offset: 2 }, stop.signal)
    expect((await lines.next()).value).toBe('1')
    stop.abort()
    await lines.return(undefined)
  })
})

function placeOf(end: FileEnd | undefined): Place {
  if (!end) throw new Error('Expected a file')
  return end.place
}
