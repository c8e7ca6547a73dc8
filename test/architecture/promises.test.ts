import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ROOT } from './project.ts'

/** The rows of the table: the number, the promise, and the files that it names. */
const rows = [...readFileSync(join(ROOT, 'docs/promises.md'), 'utf8').matchAll(/^\| (\d+) \| (.+?) \| (.+) \|$/gm)].map(([, number, promise, tests]) => ({
  number: Number(number),
  promise: promise ?? '',
  files: [...(tests ?? '').matchAll(/`([^`]+)`/g)].map(([, path]) => path ?? ''),
}))

describe('docs/promises.md', () => {
  it('has the ten promises in order', () => {
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    for (const { promise } of rows) expect(promise).toMatch(/^\*\*.+/)
  })

  it('names for each the tests that try to break it, and they exist', () => {
    for (const { number, files } of rows) {
      expect(files.filter((path) => path.endsWith('.test.ts')).length, `promise ${number}`).toBeGreaterThan(0)
      expect(
        files.filter((path) => !path.startsWith('test/') || !existsSync(join(ROOT, path))),
        `promise ${number}`,
      ).toEqual([])
    }
  })
})
