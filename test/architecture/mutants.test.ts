import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MUTATIONS } from '../mutants/mutations.ts'
import { ROOT } from './project.ts'

describe('the bugs that npm run mutants seeds', () => {
  it('are at least 20, each with a name of its own', () => {
    expect(MUTATIONS.length).toBeGreaterThanOrEqual(20)
    expect(new Set(MUTATIONS.map(({ name }) => name)).size).toBe(MUTATIONS.length)
  })

  it('each fit the source as it is, in one place, and change it', () => {
    const unfit = MUTATIONS.filter(({ file, from, to }) => from === to || readFileSync(join(ROOT, file), 'utf8').split(from).length !== 2)
    expect(unfit.map(({ name, file }) => `${name} (${file})`)).toEqual([])
  })
})
