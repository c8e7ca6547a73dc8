import { appendFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endOf, lookInto } from '../../../client/agents/transcript.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-transcript-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const all = () => true
const fresh = (text: string) => {
  const path = join(folder, `${Math.random()}.jsonl`)
  writeFileSync(path, text)
  return path
}

describe('a look into a transcript', () => {
  it('finds what was added since the last one, once', () => {
    const path = fresh('{"old":"msg_aaaaaa1"}\n')
    const start = endOf(path)
    appendFileSync(path, '{"text":"<peer-message message=\\"msg_aaaaaa2\\">"}\n')
    const look = lookInto(path, start, ['msg_aaaaaa1', 'msg_aaaaaa2'], all)
    expect(look).toEqual({ found: ['msg_aaaaaa2'], offset: endOf(path) })
    expect(lookInto(path, look.offset, ['msg_aaaaaa2'], all)).toEqual({ found: [], offset: look.offset })
  })

  it('does not take one id for another that it begins', () => {
    const path = fresh('{"text":"msg_aaaaaa12"}\n')
    expect(lookInto(path, 0, ['msg_aaaaaa1'], all).found).toEqual([])
    expect(lookInto(path, 0, ['msg_aaaaaa1', 'msg_aaaaaa12'], all).found).toEqual(['msg_aaaaaa12'])
    expect(lookInto(fresh('{"a":"msg_aaaaaa12 msg_aaaaaa1."}\n'), 0, ['msg_aaaaaa1'], all).found).toEqual(['msg_aaaaaa1'])
  })

  it('leaves a line that is not whole yet for the next time', () => {
    const path = fresh('{"text":"msg_aaaaaa1"}\n{"text":"msg_aaa')
    const look = lookInto(path, 0, ['msg_aaaaaa1', 'msg_aaaaaa2'], all)
    expect(look).toEqual({ found: ['msg_aaaaaa1'], offset: 23 })
    appendFileSync(path, 'aaa2"}\n')
    expect(lookInto(path, look.offset, ['msg_aaaaaa2'], all).found).toEqual(['msg_aaaaaa2'])
  })

  it('counts only lines that prove something', () => {
    const path = fresh('{"type":"hook_success","stdout":"msg_aaaaaa1 msg_aaaaaa2"}\n{"type":"user","text":"msg_aaaaaa2"}\n')
    expect(lookInto(path, 0, ['msg_aaaaaa1', 'msg_aaaaaa2'], (line) => !line.includes('hook_success')).found).toEqual(['msg_aaaaaa2'])
  })

  it('reads a bounded part at a time and gets through all of it', () => {
    const filler = `{"noise":"${'x'.repeat(1_000_000)}"}\n`
    const path = fresh(`${filler.repeat(6)}{"text":"msg_aaaaaa1"}\n`)
    const first = lookInto(path, 0, ['msg_aaaaaa1'], all)
    expect(first.found).toEqual([])
    expect(first.offset).toBeLessThanOrEqual(4_194_304)
    expect(lookInto(path, first.offset, ['msg_aaaaaa1'], all).found).toEqual(['msg_aaaaaa1'])
  })

  it('gets past a line that is longer than what it reads at a time', () => {
    const path = fresh(`{"noise":"${'x'.repeat(5_000_000)}"}\n{"text":"msg_aaaaaa1"}\n`)
    const first = lookInto(path, 0, ['msg_aaaaaa1'], all)
    expect(lookInto(path, first.offset, ['msg_aaaaaa1'], all).found).toEqual(['msg_aaaaaa1'])
  })

  it('begins anew where the file was replaced by a shorter one, and finds nothing where there is none', () => {
    const path = fresh('{"text":"msg_aaaaaa1"}\n'.repeat(10))
    truncateSync(path, 23)
    expect(lookInto(path, 200, ['msg_aaaaaa1'], all).found).toEqual(['msg_aaaaaa1'])
    expect(lookInto(join(folder, 'none'), 7, ['msg_aaaaaa1'], all)).toEqual({ found: [], offset: 7 })
    expect(endOf(join(folder, 'none'))).toBe(0)
  })
})
