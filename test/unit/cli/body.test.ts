import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type BodySource, readBody } from '../../../client/cli/body.ts'
import { LIMITS } from '../../../src/limits.ts'
import { memoryEnvironment } from './memory-environment.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'muster-body-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const read = (source: Partial<BodySource>, stdin: string | Uint8Array = '') =>
  readBody({ word: undefined, file: undefined, what: 'body', ...source }, memoryEnvironment({ stdin }).environment)

describe('a body', () => {
  it('is the argument', async () => {
    expect(await read({ word: 'hello' }, 'not this')).toBe('hello')
  })

  it('is stdin where a dash asks for it, exactly as it is', async () => {
    const text = `${'Grüße 世界 👍\r\n'.repeat(500)}`
    expect(await read({ word: '-' }, text)).toBe(text)
    expect(await read({ file: '-' }, text)).toBe(text)
  })

  it('is a file, exactly as it is', async () => {
    const path = join(folder, 'body.md')
    await writeFile(path, '\ufeff# Title\n\n- item\n')
    expect(await read({ file: path })).toBe('\ufeff# Title\n\n- item\n')
  })

  it.each([
    [{}, 64, 'the body is missing'],
    [{ word: 'a', file: 'b' }, 64, 'the body is given twice'],
    [{ word: '' }, 64, 'the body is empty'],
    [{ word: '-' }, 64, 'the body is empty'],
    [{ file: '/nonexistent/file' }, 4, 'there is no file /nonexistent/file'],
    [{ file: '/' }, 1, '/ cannot be read (EISDIR)'],
  ])('from %j is refused', async (source, exit, message) => {
    await expect(read(source)).rejects.toMatchObject({ exit, message })
  })

  it('is text', async () => {
    await expect(read({ word: '-' }, Uint8Array.from([0x68, 0xff, 0xfe]))).rejects.toMatchObject({ exit: 64, code: 'invalid_utf8' })
  })

  it('is at most as large as the daemon takes, counted in bytes', async () => {
    const atLimit = 'ü'.repeat(LIMITS.maxBodyBytes / 2)
    expect(await read({ word: '-' }, atLimit)).toHaveLength(LIMITS.maxBodyBytes / 2)
    await expect(read({ word: '-' }, `${atLimit}x`)).rejects.toMatchObject({ code: 'too_large' })
    await expect(read({ word: `${atLimit}x` })).rejects.toMatchObject({ code: 'too_large' })
  })
})
