import { appendFileSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDoor } from '../../../client/agents/door.ts'
import { DRIVERS } from '../../../client/agents/drivers.ts'
import { InterruptionWatch } from '../../../client/agents/interruptions.ts'
import { noteHanded, SessionMemory } from '../../../client/agents/memory.ts'
import { readLines, type SessionFiles, sessionFiles } from '../../../client/agents/session-files.ts'
import { musterPaths } from '../../../src/paths.ts'

let folder: string
let files: SessionFiles
let transcript: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-memory-'))
  files = sessionFiles(openDoor({}, musterPaths({ MUSTER_HOME: folder }, folder)), 'claude-code', 'abc')
  transcript = join(folder, 'transcript.jsonl')
  writeFileSync(transcript, '{"type":"mode"}\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const fresh = (path: string | undefined = transcript) => new SessionMemory(files, path, () => true)
const write = (text: string) => appendFileSync(transcript, `${JSON.stringify({ text })}\n`)
/** One run of a hook that reached the daemon. */
function told(): readonly string[] {
  const memory = fresh()
  const found = memory.look()
  memory.told()
  memory.save()
  return found
}

describe('what a session was handed', () => {
  it('is proven once, by what its transcript has got since', () => {
    expect(told()).toEqual([])
    noteHanded(files, ['msg_aaaaaa1', 'msg_aaaaaa2'])
    expect(told()).toEqual([])
    write('<peer-message message="msg_aaaaaa1">')
    expect(told()).toEqual(['msg_aaaaaa1'])
    write('and again msg_aaaaaa1, and msg_aaaaaa2')
    expect(told()).toEqual(['msg_aaaaaa2'])
    expect(told()).toEqual([])
  })

  it('is looked for again where the daemon could not be told', () => {
    told()
    noteHanded(files, ['msg_aaaaaa1'])
    write('msg_aaaaaa1')
    expect(fresh().look()).toEqual(['msg_aaaaaa1'])
    expect(told()).toEqual(['msg_aaaaaa1'])
  })

  it('is forgotten with the turn, and what another process added meanwhile is not', () => {
    told()
    noteHanded(files, ['msg_aaaaaa1'])
    const memory = fresh()
    memory.look()
    memory.turnEnded()
    noteHanded(files, ['msg_aaaaaa2'])
    memory.save()
    write('msg_aaaaaa1 msg_aaaaaa2')
    expect(told()).toEqual(['msg_aaaaaa2'])
  })

  it('cannot be proven without a transcript, which is not waited for', async () => {
    noteHanded(files, ['msg_aaaaaa1'])
    const memory = new SessionMemory(files, undefined, () => true)
    const startedAt = performance.now()
    expect(await memory.lookWithin(5_000)).toEqual([])
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  it('is at most as much as one call of the contract takes', () => {
    told()
    const ids = Array.from({ length: 300 }, (_, index) => `msg_aaaaaa${(index + 32).toString(32).replace(/[ilou]/g, 'z')}${index % 7}`)
    noteHanded(files, [...new Set(ids)])
    write(ids.join(' '))
    const first = told()
    const second = told()
    expect(first).toHaveLength(200)
    expect(new Set([...first, ...second])).toEqual(new Set(ids))
  })

  it('does not grow for ever in a session without hooks', () => {
    for (let round = 0; round < 100; round++) noteHanded(files, Array(100).fill('msg_aaaaaa1'))
    expect(readLines(files.handed).length).toBeLessThan(7_000)
  })
})

describe('a turn that a person interrupted', () => {
  const LINES = {
    claude:
      '{"type":"user","message":{"role":"user","content":[{"type":"text","text":"[Request interrupted by user for tool use]"}]},"interruptedMessageId":"msg_1"}',
    codex: '{"timestamp":"2026-11-21T12:05:27.949Z","ordinal":56,"type":"event_msg","payload":{"type":"turn_aborted","turn_id":"01a1","reason":"interrupted"}}',
  }

  it('shows in the transcript, and not where somebody quotes it', () => {
    expect(DRIVERS['claude-code'].isInterruption(LINES.claude)).toBe(true)
    expect(DRIVERS.codex.isInterruption(LINES.codex)).toBe(true)
    for (const driver of Object.values(DRIVERS)) {
      for (const line of Object.values(LINES)) expect(driver.isInterruption(JSON.stringify({ type: 'user', message: { content: line } }))).toBe(false)
    }
  })

  it('is over when a minute has passed in which no hook fired', () => {
    told()
    let now = Date.now()
    const watch = new InterruptionWatch({ files, isInterruption: DRIVERS['claude-code'].isInterruption, now: () => now })
    // From before this process: somebody else's business.
    appendFileSync(transcript, `${LINES.claude}\n`)
    expect(watch.look()).toBe(false)
    now += 120_000
    expect(watch.look()).toBe(false)
    appendFileSync(transcript, `${LINES.claude}\n{"type":"last-prompt"}\n`)
    expect(watch.look()).toBe(false)
    now += 59_000
    expect(watch.look()).toBe(false)
    now += 2_000
    expect(watch.look()).toBe(true)
    expect(watch.look()).toBe(false)
  })

  it('is not over when the person goes on', () => {
    told()
    let now = Date.now()
    const watch = new InterruptionWatch({ files, isInterruption: DRIVERS['claude-code'].isInterruption, now: () => now })
    watch.look()
    appendFileSync(transcript, `${LINES.claude}\n`)
    watch.look()
    now += 10_000
    told()
    utimesSync(files.memory, now / 1_000, now / 1_000)
    now += 120_000
    expect(watch.look()).toBe(false)
  })
})
