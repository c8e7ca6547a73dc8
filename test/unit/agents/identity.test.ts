import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDoor } from '../../../client/agents/door.ts'
import { DRIVERS } from '../../../client/agents/drivers.ts'
import { asSessionId, continueAs, keyOf, wantedPeer } from '../../../client/agents/identity.ts'
import { forgetPlace, placesOf, recordPlace, sweepPlaces } from '../../../client/agents/places.ts'
import { logLine, readLines, sessionFiles, sessionsFolder } from '../../../client/agents/session-files.ts'
import { Slots } from '../../../client/agents/slots.ts'
import { createPrivateFile } from '../../../client/local/private-file.ts'
import { lookAtProcess } from '../../../client/local/process-tree.ts'
import { Name } from '../../../src/contract/common.ts'
import { musterPaths } from '../../../src/paths.ts'

let folder: string
const doorOf = (env: Readonly<Record<string, string>> = {}) => openDoor(env, musterPaths({ MUSTER_HOME: folder }, folder))
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-identity-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const claude = DRIVERS['claude-code']
const AGENT = { pid: process.pid, startedAt: '1', parent: 1, args: ['claude'] }

const wanted = (key: string, env: Readonly<Record<string, string>>, cwd: string, agent = lookAtProcess(process.pid)) =>
  wantedPeer(claude, new Slots(doorOf(), claude, cwd), { env, cwd, holder: { key, agent } })

describe('the peer of a session', () => {
  it('is that of the session before it in the same folder, and another only while that one lives', () => {
    const slots = new Slots(doorOf(), claude, folder)
    const one = wanted('one', {}, folder)
    expect(wanted('one', {}, folder).session).toBe(one.session)
    const two = wanted('two', {}, folder)
    expect(two.session).not.toBe(one.session)
    expect([...two.names()][0]).toMatch(/-2$/)
    expect(wanted('three', {}, join(folder, '..')).session).not.toBe(one.session)
    slots.release(one.session, 'two')
    expect(wanted('four', {}, folder).session, 'only its holder gives a slot back').toMatch(/:3$/)
    slots.release(one.session, 'one')
    expect(wanted('five', {}, folder).session).toBe(one.session)
    slots.takeAgain(one.session, { key: 'one', agent: lookAtProcess(process.pid) })
    slots.release(one.session, 'one')
    expect(wanted('six', {}, folder).session, 'a resumed session does not take it from who has it now').toMatch(/:4$/)
  })

  it('goes to the next session when the process that had it is gone', () => {
    const dead = { pid: process.pid, startedAt: 'before this one', parent: 1, args: [] }
    const one = wanted('one', {}, folder, dead)
    expect(wanted('two', {}, folder).session).toBe(one.session)
    expect(wanted('three', {}, folder).session).toMatch(/:2$/)
  })

  it('is named after runtime and folder, with a number where that is taken', () => {
    const { session, names } = wanted('abc', {}, join(folder, 'My Wéb (2)'))
    expect(session).toMatch(/^slot:claude-code:[0-9a-f]{24}:1$/)
    const [first, second, third] = [...names()]
    expect([first, second, third]).toEqual(['claude-my-we-b-2', 'claude-my-we-b-2-2', 'claude-my-we-b-2-3'])
  })

  it('has only legal names, however the folder is called', () => {
    for (const name of ['x'.repeat(300), '用户', '...', 'a'.repeat(63), '-', 'peer_k7qm2x1']) {
      const { names } = wanted('abc', {}, join('/nowhere', name))
      const all = [...names()]
      for (const each of all) expect(Name.safeParse(each).success, each).toBe(true)
      expect(new Set(all).size).toBe(all.length)
    }
  })

  it('is that of MUSTER_AS, or else of the project, for all its sessions', () => {
    mkdirSync(join(folder, 'a/b'), { recursive: true })
    writeFileSync(join(folder, '.muster.json'), '{"name":"Reviewer"}')
    const cwd = join(folder, 'a/b')
    const project = wanted('abc', {}, cwd)
    expect([project.session, [...project.names()]]).toEqual(['name:reviewer', ['Reviewer']])
    expect(wanted('other', {}, cwd).session).toBe('name:reviewer')
    expect([...wanted('abc', { MUSTER_AS: 'bob' }, cwd).names()]).toEqual(['bob'])
    expect(() => wanted('abc', { MUSTER_AS: '../x' }, cwd)).toThrow('"../x" is no name')
    writeFileSync(join(folder, 'a/.muster.json'), 'not json')
    expect(wanted('abc', {}, cwd).session).toBe('name:reviewer')
  })
})

describe('a session', () => {
  it('takes only ids that fit into a name of a file and a line of the contract', () => {
    expect(asSessionId('c4b2bba3-e5ff')).toBe('c4b2bba3-e5ff')
    for (const odd of [undefined, '', 'a b', 'a\nb', 'x'.repeat(400), 'é']) expect(asSessionId(odd)).toBeUndefined()
  })

  it('has files of its own for each runtime and daemon', () => {
    const here = sessionFiles(doorOf(), 'codex', '../../etc/passwd')
    expect(here.credential.startsWith(join(sessionsFolder(doorOf()), 'codex-'))).toBe(true)
    expect(here.credential).not.toContain('passwd')
    expect(sessionFiles(doorOf(), 'gemini', '../../etc/passwd').credential).not.toBe(here.credential)
    expect(sessionFiles(doorOf({ MUSTER_URL: 'http://elsewhere:6878' }), 'codex', 'x').credential).toMatch(/@elsewhere_6878\.json$/)
  })

  it('goes on under another id when its context was emptied, and only then', () => {
    const door = doorOf()
    recordPlace(door, AGENT, { id: 'first', key: 'first', cwd: '/', home: undefined })
    expect(continueAs(door, claude, 'second', AGENT)).toBe('first')
    // Also when it is resumed by that id later, in another process.
    expect(keyOf(door, claude, 'second')).toBe('first')
    expect(keyOf(door, claude, 'third')).toBe('third')
    expect(continueAs(door, claude, 'fourth', { ...AGENT, startedAt: 'another' })).toBe('fourth')
  })
})

describe('the places of sessions', () => {
  it('are told apart by process and known until they are forgotten', () => {
    const door = doorOf()
    const place = { id: 'a', key: 'a', cwd: '/work', home: '/codex' }
    recordPlace(door, AGENT, place)
    recordPlace(door, AGENT, { ...place, id: 'b', key: 'b', home: undefined })
    expect(
      placesOf(door, AGENT)
        .map(({ id }) => id)
        .sort(),
    ).toEqual(['a', 'b'])
    expect(placesOf(door, { ...AGENT, startedAt: '2' })).toEqual([])
    forgetPlace(door, AGENT, 'b')
    expect(placesOf(door, AGENT)).toEqual([place])
  })

  it('are swept when their process is gone', () => {
    const door = doorOf()
    recordPlace(door, AGENT, { id: 'a', key: 'a', cwd: '/', home: undefined })
    recordPlace(door, { pid: 2 ** 30, startedAt: '1' }, { id: 'b', key: 'b', cwd: '/', home: undefined })
    sweepPlaces(door)
    expect(placesOf(door, { pid: 2 ** 30, startedAt: '1' })).toEqual([])
    expect(placesOf(door, AGENT)).toHaveLength(1)
  })
})

describe('a private file', () => {
  it('is made once, by the first who comes', () => {
    const path = join(folder, 'deep/one.json')
    expect([createPrivateFile(path, 'first'), createPrivateFile(path, 'second')]).toEqual([true, false])
    expect(readLines(path)).toEqual(['first'])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('of a log stays small', () => {
    const path = join(folder, 'x.log')
    for (let line = 0; line < 40; line++) logLine(path, 'x'.repeat(4_000), new Date(0))
    expect(statSync(path).size + statSync(`${path}.1`).size).toBeLessThan(150_000)
    expect(readLines(path)[0]).toMatch(/^1970-01-01T00:00:00.000Z x+$/)
  })
})
