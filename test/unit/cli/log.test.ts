import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { followFile, lastLines } from '../../../client/cli/file-tail.ts'
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
    expect(await lastLines(path, 5)).toEqual({ lines: [], offset: 0 })
    await writeFile(path, 'whole\nunfini')
    expect(await lastLines(path, 5)).toEqual({ lines: ['whole'], offset: 6 })
  })

  it('is followed line by line, also when it begins anew', async () => {
    await writeFile(path, 'before\nunfini')
    const stop = new AbortController()
    const end = await lastLines(path, 1)
    const lines = followFile(path, end?.offset ?? 0, stop.signal)
    const next = async () => (await lines.next()).value
    await appendFile(path, 'shed\nsecond\n')
    expect([await next(), await next()]).toEqual(['unfinished', 'second'])
    await truncate(path)
    await appendFile(path, 'anew\n')
    expect(await next()).toBe('anew')
    stop.abort()
    expect(await next()).toBeUndefined()
  })
})
