import { isBuiltin } from 'node:module'
import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../client/cli/registry.ts'
import { reachable, readSources } from '../../architecture/project.ts'

const files = readSources('src', 'daemon', 'client')
const foreign = (path: string) => [...reachable(path, files).packages.keys()].filter((specifier) => !isBuiltin(specifier))

/** Commands that a person runs now and then, or that run as long as a session, and that need more. */
const MORE: Readonly<Record<string, readonly string[]>> = {
  config: ['jsonc-parser'],
  doctor: ['better-sqlite3', 'diff', 'jsonc-parser', 'zod'],
  inbox: ['yaml'],
  install: ['diff', 'jsonc-parser'],
  mcp: ['@modelcontextprotocol/server', '@modelcontextprotocol/server/stdio', 'yaml', 'zod'],
  memory: ['yaml'],
  orchestrator: ['diff'],
  persona: ['diff', 'yaml', 'zod'],
  service: ['diff', 'jsonc-parser'],
  skill: ['diff', 'yaml', 'zod'],
  uninstall: ['diff', 'jsonc-parser'],
}

describe('what a command loads', () => {
  it.each(Object.keys(COMMANDS))('muster %s loads nothing but ws, and what it is known to need besides', (name) => {
    expect(foreign(`client/cli/commands/${name}.ts`).filter((specifier) => specifier !== 'ws' && !MORE[name]?.includes(specifier))).toEqual([])
  })

  it('the way to a command loads no package', () => {
    // The registry itself names the commands in imports that wait until they are called.
    for (const name of ['environment', 'arguments', 'output', 'failure', 'version', 'settings/configured'])
      expect(foreign(`client/cli/${name}.ts`), name).toEqual([])
  })

  it('starting, stopping and reading the log open no WebSocket', () => {
    for (const name of ['up', 'down', 'logs']) expect(foreign(`client/cli/commands/${name}.ts`), name).toEqual([])
  })
})
