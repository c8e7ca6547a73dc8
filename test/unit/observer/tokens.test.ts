import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { RateLimit } from '../../../client/observer/rate.ts'
import { readForgeToken } from '../../../client/observer/tokens.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-tokens-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const file = join(folder, 'token')

function written(text: string, mode: number): string {
  rmSync(file, { force: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
  return file
}

describe('the token of a forge', () => {
  it('comes from a file that only its owner may read, or from a variable', async () => {
    expect(await readForgeToken({ file: written(' ghp_x\n', 0o600) }, {})).toBe('ghp_x')
    expect(await readForgeToken({ file: written('ghp_x', 0o400) }, {})).toBe('ghp_x')
    expect(await readForgeToken({ variable: 'T' }, { T: 'ghp_x' })).toBe('ghp_x')
    expect(await readForgeToken(undefined, { T: 'ghp_x' })).toBeUndefined()
  })

  it.each([0o640, 0o604, 0o620, 0o666])('is not used where others may read or write its file: %o', async (mode) => {
    await expect(readForgeToken({ file: written('ghp_x', mode) }, {})).rejects.toMatchObject({
      kind: 'refused',
      message: `others may read its token: chmod 600 ${file}`,
    })
  })

  it.each([
    ['an empty file', () => ({ file: written('\n', 0o600) }), /there is no token in/],
    ['two lines', () => ({ file: written('ghp_x\nghp_y', 0o600) }), /is no token/],
    ['what could end a header', () => ({ file: written('ghp_x\r\nx-evil: 1', 0o600) }), /is no token/],
    ['no file', () => ({ file: join(folder, 'none') }), /there is no file/],
    ['a folder', () => ({ file: folder }), /there is no file/],
    ['no variable', () => ({ variable: 'NONE' }), /there is no token in the variable NONE/],
  ])('is refused for %s, and never quoted', async (_name, reference, says) => {
    const error: unknown = await readForgeToken(reference(), {}).catch((refusal: unknown) => refusal)
    expect(error).toMatchObject({ kind: 'refused', message: expect.stringMatching(says) })
    expect(String(error)).not.toContain('ghp_')
  })
})

describe('the allowance of a forge', () => {
  const NOW = Date.parse('2026-01-01T12:00:00Z')

  it('is reset by the clock of the forge, however wrong ours is', () => {
    const rate = new RateLimit(() => NOW)
    const theirs = NOW + 7_200_000
    rate.note({ date: new Date(theirs).toUTCString(), 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': `${theirs / 1_000 + 90}` })
    expect(rate.exhaustedUntil()).toBe(NOW + 90_000)
  })

  it('that is said in no number is none', () => {
    const rate = new RateLimit(() => NOW)
    rate.note({ 'x-ratelimit-limit': 'many', 'x-ratelimit-remaining': '-1', 'x-ratelimit-reset': '1e9' })
    expect([rate.exhaustedUntil(), rate.allowance]).toEqual([undefined, undefined])
  })

  it('is waited for an hour at most, whatever the forge says', () => {
    const rate = new RateLimit(() => NOW)
    expect(rate.limitedUntil(429, { 'retry-after': '999999999' }, '')).toBe(NOW + 3_600_000)
  })
})
