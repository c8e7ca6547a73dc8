import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { describe, expect, it } from 'vitest'
import { findAgent } from '../../../client/agents/agent-process.ts'
import { DRIVERS } from '../../../client/agents/drivers.ts'
import { isStillRunning, lineageOf, lookAtProcess, type ProcessInfo, parsePs } from '../../../client/local/process-tree.ts'

const tree = (...processes: readonly (readonly [pid: number, parent: number, ...args: string[]])[]) => {
  const table = new Map(processes.map(([pid, parent, ...args]) => [pid, { pid, parent, startedAt: `t${pid}`, args } satisfies ProcessInfo]))
  return (pid: number) => table.get(pid)
}

describe('the agent of a hook', () => {
  it('is the nearest process that is its program', () => {
    const look = tree(
      [50, 40, 'sh', '-c', 'muster hook codex stop'],
      [40, 30, '/opt/codex/bin/codex'],
      [30, 20, 'node', '/opt/.bin/codex'],
      [20, 10, 'bash'],
      [10, 1, '/opt/claude'],
    )
    expect(findAgent(DRIVERS.codex, 50, look)?.pid).toBe(40)
    expect(findAgent(DRIVERS['claude-code'], 50, look)?.pid).toBe(10)
  })

  it('is the same for a bridge behind a package runner, and found where the program has another name', () => {
    const look = tree([60, 50, 'node', '/usr/bin/npx', 'muster'], [51, 50, '/bin/sh', '-c', 'muster hook'], [50, 20, '/opt/acme-gemini'], [20, 1, 'bash'])
    expect([60, 51].map((pid) => findAgent(DRIVERS.gemini, pid, look)?.pid)).toEqual([50, 50])
  })

  it('is nobody where nothing is shown, and a table in a circle has an end', () => {
    expect(findAgent(DRIVERS.codex, 7, () => undefined)).toBeUndefined()
    expect(lineageOf(7, (pid) => ({ pid, parent: pid, startedAt: '', args: ['sh'] })).length).toBeLessThan(100)
  })
})

describe('a process', () => {
  it('is read from ps', () => {
    expect(parsePs(42, '    1 Sat Nov 21 11:08:28 2026 /Applications/claude --resume x\n')).toEqual({
      pid: 42,
      parent: 1,
      startedAt: 'Sat-Nov-21-11:08:28-2026',
      args: ['/Applications/claude', '--resume', 'x'],
    })
    expect(parsePs(42, 'ps: no such process')).toBeUndefined()
  })

  it.runIf(['linux', 'darwin'].includes(process.platform))('is known by its start, so that a later one of its id is another', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
    const info = lookAtProcess(child.pid as number)
    expect(info).toMatchObject({ pid: child.pid, parent: process.pid })
    expect(info?.args[0]).toContain('node')
    expect(isStillRunning(info as ProcessInfo, lookAtProcess)).toBe(true)
    expect(isStillRunning({ pid: child.pid as number, startedAt: 'earlier' }, lookAtProcess)).toBe(false)
    child.kill()
    await once(child, 'exit')
    expect(isStillRunning(info as ProcessInfo, lookAtProcess)).toBe(false)
    expect(lineageOf(process.pid, lookAtProcess)[0]).toMatchObject({ pid: process.pid, parent: process.ppid })
  })
})
