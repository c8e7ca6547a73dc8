import { expect, it } from 'vitest'
import { startProgress } from '../../../client/cli/progress.ts'
import { memoryEnvironment } from './memory-environment.ts'

function progressOf({ tty = true, env = {}, json = false, total }: { tty?: boolean; env?: Record<string, string>; json?: boolean; total?: number }) {
  const { environment, written } = memoryEnvironment({ tty, env })
  let nowMs = 0
  const progress = startProgress({ ...environment, now: () => nowMs }, json, 'copying\u001b[2J', total)
  const at = (ms: number, done: number): void => {
    nowMs = ms
    progress.advance(done)
  }
  return { at, end: progress.end, written }
}

it('shows how far a long work has come, on stderr, and takes itself away', () => {
  const { at, end, written } = progressOf({ total: 200 })
  at(100, 10)
  expect(written.stderr).toBe('')
  at(600, 50)
  at(610, 51)
  at(800, 100)
  expect(written.stderr).toBe('\r\u001b[Kcopying\\x1b[2J 50 of 200 (25 %)\r\u001b[Kcopying\\x1b[2J 100 of 200 (50 %)')
  end()
  end()
  expect(written.stderr.endsWith('(50 %)\r\u001b[K')).toBe(true)
  expect(written.stdout).toBe('')
})

it('counts where it does not know up to what', () => {
  const { at, written } = progressOf({})
  at(600, 7)
  expect(written.stderr).toBe('\r\u001b[Kcopying\\x1b[2J 7')
})

it.each([{ tty: false }, { env: { TERM: 'dumb' } }, { json: true }])('shows nothing with %j', (where) => {
  const { at, end, written } = progressOf(where)
  at(10_000, 5)
  end()
  expect(written).toEqual({ stdout: '', stderr: '' })
})
