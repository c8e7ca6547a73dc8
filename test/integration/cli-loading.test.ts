import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url))
const WATCHER = new URL('../support/loaded-packages.mjs', import.meta.url).href
const folder = mkdtempSync(join(tmpdir(), 'muster-loading-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The packages that a command line loads, without tsx and what that needs. */
async function loadedBy(...args: string[]): Promise<string[]> {
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), '--import', WATCHER, MAIN, ...args], {
    env: { PATH: process.env['PATH'], HOME: folder, MUSTER_HOME: folder },
    cwd: folder,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  let said = ''
  const listed = child.stdio[3] as Readable
  listed.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await once(child, 'close')
  return [...new Set(said.split('\n'))].filter((name) => name !== '' && !['tsx', 'esbuild', 'get-tsconfig', 'resolve-pkg-maps'].includes(name)).sort()
}

test('the watcher sees what is loaded', async () => {
  expect(await loadedBy('config', 'list')).toContain('jsonc-parser')
})

test.each([
  ['help', []],
  ['status --help', ['ws']],
  ['up --help', []],
  ['complete zsh -- pe', []],
  ['complete zsh -- completion ', []],
  ['status', ['ws']],
  ['', ['ws']],
] as const)('muster %s loads no more than it needs', async (line, packages) => {
  expect(await loadedBy(...line.split(' ').filter((word) => word !== ''))).toEqual(packages)
})

test('only a settings file with comments costs its parser', async () => {
  writeFileSync(join(folder, 'config.json'), '{ "logLevel": "info" }')
  expect(await loadedBy('status')).toEqual(['ws'])
})
