import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MUSTERS_OWN, missingFiles, shellLine } from '../../../../client/agents/install/muster-command.ts'

const { isHookCommand, serverCommand } = MUSTERS_OWN

describe('a line for the shell', () => {
  it('gives the program exactly the words that were meant', () => {
    const word = fc
      .oneof(fc.string({ minLength: 1 }), fc.constantFrom("it's", '$HOME', '`id`', '"', '\\', 'a b', '-n', '*', '\n', '~', ';', 'é'))
      .filter((text) => !text.includes('\0'))
    void fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
        const line = shellLine({ argv: ['printf', '%s\\0'], env: {} }, ...words)
        expect(execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' })).toBe(words.map((text) => `${text}\0`).join(''))
      }),
      { numRuns: 30 },
    )
  })

  it('carries where Muster keeps its files', () => {
    const command = { argv: ['/opt/my node/node', '/x/client/cli/main.js'], env: { MUSTER_HOME: '/home/a b' } }
    expect(shellLine(command, 'hook', 'claude', 'start')).toBe("MUSTER_HOME='/home/a b' '/opt/my node/node' /x/client/cli/main.js hook claude start")
  })
})

describe('entries of Muster', () => {
  it.each([
    'muster hook claude start',
    '/usr/local/bin/muster hook codex stop',
    "MUSTER_HOME='/a b' '/opt/my node' '/opt/it'\\''s/dist/client/cli/main.js' hook gemini end",
    'muster wait --runtime claude-code',
    '/usr/bin/node --import file:///x/tsx.mjs /x/client/cli/main.ts hook claude tool',
  ])('%s is one', (command) => {
    expect(isHookCommand(command)).toBe(true)
  })

  it.each([
    'muster status',
    'my-muster hook claude start',
    'hook claude start',
    'echo muster && lint',
    'node client/cli/main-menu.js hook x y',
    'muster-hook claude start',
    'waiter --runtime x',
    '',
  ])('%s is none', (command) => {
    expect(isHookCommand(command)).toBe(false)
  })

  it('are MCP servers that run the bridge, in the forms of all runtimes', () => {
    expect(serverCommand({ command: 'muster', args: ['mcp', '--runtime', 'codex'] })).toBe('muster mcp --runtime codex')
    expect(serverCommand({ type: 'local', command: ['/a b/node', '/x/client/cli/main.js', 'mcp', '--runtime', 'opencode'] })).toContain("'/a b/node' /x/client")
    for (const other of [
      null,
      1,
      'muster mcp --runtime x',
      [],
      {},
      { command: 'muster' },
      { command: 'other', args: ['mcp', '--runtime', 'x'] },
      { url: 'http://127.0.0.1' },
    ]) {
      expect(serverCommand(other)).toBeUndefined()
    }
  })

  it('are known to lead nowhere where a file that they name is not there', () => {
    expect(missingFiles(`${process.execPath} /nonexistent/client/cli/main.js hook claude start`)).toEqual(['/nonexistent/client/cli/main.js'])
    expect(missingFiles("'/no where/node' --import file:///no/tsx.mjs muster")).toEqual(['/no where/node', '/no/tsx.mjs'])
    expect(missingFiles('muster hook claude start')).toEqual([])
  })
})
