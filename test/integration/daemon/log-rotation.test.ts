import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followFile, lastLines } from '../../../client/cli/file-tail.ts'
import { CliHome } from '../../support/cli-process.ts'

const LOADER = import.meta.resolve('tsx')
const LOG_FILE = fileURLToPath(new URL('../../../daemon/log-file.ts', import.meta.url))
const MAX_BYTES = 4_000
const KEEP = 90

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-rotation-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A process that writes numbered lines, until it is killed or has written the last one. */
function startWriter(path: string, from: number, to: number) {
  const script = `import { LogFile } from ${JSON.stringify(LOG_FILE)}
const log = new LogFile({ path: ${JSON.stringify(path)}, maxBytes: ${MAX_BYTES}, keep: ${KEEP} })
for (let n = ${from}; n <= ${to}; n += 1) { log.write(n + ' ' + 'x'.repeat(n % 60) + '\\n'); if (n % 20 === 0) await new Promise(setImmediate) }`
  const child = spawn(process.execPath, ['--import', LOADER, '--input-type=module', '-e', script], { stdio: ['ignore', 'ignore', 'inherit'] })
  return { child, ended: once(child, 'exit') }
}

const numberOf = (line: string) => Number(line.split(' ', 1)[0])

test('a follower misses no line while the log is rotated again and again, and sees none twice', async () => {
  const path = join(folder, 'daemon.log')
  writeFileSync(path, '')
  const last = 6_000
  const stop = new AbortController()
  const end = await lastLines(path, 1)
  const writer = startWriter(path, 1, last)
  const seen: number[] = []
  for await (const line of followFile(path, end?.place ?? { inode: 0, offset: 0 }, stop.signal)) {
    seen.push(numberOf(line))
    if (seen.at(-1) === last) stop.abort()
  }
  expect(await writer.ended).toEqual([0, null])
  expect(seen).toEqual(Array.from({ length: last }, (_, index) => index + 1))
  expect(readdirSync(folder).length).toBeGreaterThan(10)
})

test('a writer that is killed in the middle of it has lost no line that it wrote', async () => {
  const path = join(folder, 'daemon.log')
  let last = 0
  for (let round = 0; round < 3; round += 1) {
    const writer = startWriter(path, last + 1, 1_000_000)
    // By the number of files, so that the kill falls among renames.
    const before = readdirSync(folder).length
    while (readdirSync(folder).length < before + 8) await new Promise(setImmediate)
    writer.child.kill('SIGKILL')
    await writer.ended
    const lines = (await lastLines(path, 100_000))?.lines ?? []
    const numbers = lines.map(numberOf)
    last = numbers.at(-1) ?? 0
    expect(numbers).toEqual(Array.from({ length: last }, (_, index) => index + 1))
  }
})

test('muster up has the daemon keep and rotate its log itself; muster logs reads across the files and --follow goes on', async () => {
  const home = await CliHome.make()
  try {
    writeFileSync(home.paths.config, JSON.stringify({ logMaxBytes: 65_536, logFiles: 3, logLevel: 'debug' }))
    const { exit } = await home.run(['up'])
    expect(exit).toBe(0)
    const follower = home.start(['logs', '--follow', '--json', '-n', '1'])
    await follower.said('stdout', /"entry"/)
    // Each call writes a line that says who connected.
    for (let round = 0; !readdirSync(home.paths.state).includes('daemon.log.1'); round += 1) {
      expect((await home.runHere(['status', '--as', `peer-${round}-${'x'.repeat(40)}`])).exit).toBe(0)
    }
    expect((await home.runHere(['status', '--as', 'after'])).exit).toBe(0)
    await home.run(['down'])
    await follower.said('stdout', /"msg":"stopped"/)
    follower.interrupt()
    const { stdout } = await follower.finished
    const all = await home.run(['logs', '--json', '-n', '100000'])
    const written = ['daemon.log.1', 'daemon.log'].map((name) => readFileSync(join(home.paths.state, name), 'utf8')).join('')
    expect(all.stdout.trimEnd().split('\n')).toHaveLength(written.trimEnd().split('\n').length)
    const followed = stdout.trimEnd().split('\n')
    expect(followed).toEqual(all.stdout.trimEnd().split('\n').slice(-followed.length))
    expect(followed.length).toBeGreaterThan(100)
    expect(readFileSync(home.paths.output, 'utf8')).toBe('')
  } finally {
    await home.remove()
  }
})
