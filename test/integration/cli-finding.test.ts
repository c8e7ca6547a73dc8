import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PeerRef } from '../../src/contract/index.ts'
import { CliHome } from '../support/cli-process.ts'

/** A terminal would clear its screen, rename its window and lose a line to this. */
const HOSTILE = 'before\u001b[2J\u001b]0;owned\u0007\u009b31m\rafter\u202e'
// biome-ignore lint/suspicious/noControlCharactersInRegex: these must not come through
const ESCAPES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/

let home: CliHome

beforeAll(async () => {
  home = await CliHome.make()
  await home.json(['up'])
})
afterAll(async () => await home.remove())

interface Found {
  readonly hits: readonly { readonly message: string; readonly from: PeerRef }[]
  readonly complete: boolean
}

describe('muster search, why and timeline', () => {
  it('find what was said, what it came of, and what a peer did', async () => {
    await home.runHere(['inbox', '--peek', '--as', 'seeker'])
    const asked = await home.json<{ asks: readonly { thread: string }[] }>(['ask', 'seeker', 'where is the zebra crossing?', '--no-wait', '--as', 'ann'])
    const thread = asked.asks[0]?.thread ?? ''
    await home.runHere(['answer', thread, `behind the zebra house ${HOSTILE}`, '--as', 'seeker'])
    let found: Found = { hits: [], complete: false }
    while (!found.complete || found.hits.length < 2) found = await home.json(['search', 'zebra', '--thread', thread, '--as', 'ann'])
    expect(found.hits.map(({ from }) => from.name)).toEqual(['seeker', 'ann'])
    const shown = await home.runHere(['search', 'zebra', 'house', '--since', '1h', '--as', 'ann'])
    expect(shown.stdout).toMatch(/^answer from seeker to ann \S+.*msg_\w+\n {4}behind the zebra house before\\x1b\[2J/)
    expect(shown.stdout).not.toMatch(ESCAPES)
    expect((await home.runHere(['search', '"house zebra"', '--as', 'ann'])).stderr).toContain('Nothing that you may read')
    const why = await home.runHere(['why', found.hits[0]?.message ?? '', '--as', 'ann'])
    expect(why.stdout).toMatch(/^ask from ann .*\n {2}where is the zebra crossing\?\n {2}answer from seeker [^\n]*\n {4}behind the zebra house/)
    const past = await home.runHere(['timeline', 'seeker', '--types', 'thread', '--as', 'ann'])
    expect(past.stdout).toMatch(
      /thread\.closed +seeker thr_\w+ [^\n]* to ann: behind the zebra house [^\n]*\n[^\n]*thread\.opened +ann thr_[^\n]* to seeker: where is the zebra crossing\?\n/,
    )
    expect(past.stdout).not.toMatch(ESCAPES)
  })

  it('refuse what cannot be looked for before anything is sent', async () => {
    expect(await home.run(['search'])).toMatchObject({ exit: 64 })
    expect(await home.run(['search', 'x', '--since', 'yesterday'])).toMatchObject({ exit: 64 })
    expect(await home.run(['why', 'bob'])).toMatchObject({ exit: 64 })
    expect(await home.runHere(['search', 'say "this', '--as', 'ann'])).toMatchObject({ exit: 64, stderr: expect.stringContaining('quotation mark') })
    expect(await home.runHere(['timeline', 'nobody-there', '--as', 'ann'])).toMatchObject({ exit: 4 })
  })
})
