import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { CliHome } from '../support/cli-process.ts'
import { ourProgram } from '../support/our-program.ts'

const MUSTER = [process.execPath, ...ourProgram('client/cli/main')].map((word) => `'${word}'`).join(' ')

let home: CliHome

beforeAll(async () => {
  home = await CliHome.make()
  await home.run(['up'])
  await home.runHere(['inbox', '--peek', '--as', 'heard'])
})
afterAll(async () => {
  await home.remove()
})

it.each(['events --follow --limit 1 --json', 'events --follow --limit 1'])('muster %s ends without a word when its reader has gone', async (line) => {
  const child = spawn('bash', ['-c', `set -o pipefail; ${MUSTER} ${line} | head -n 1`], {
    env: { PATH: process.env['PATH'], HOME: home.folder, MUSTER_HOME: home.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      said[name] += text
    })
  }
  let ended = false
  const closed = once(child, 'close').finally(() => {
    ended = true
  })
  // It notices when it has something to say.
  while (!ended) await home.runHere(['notify', 'heard', 'anything', '--as', 'ann'])
  expect(await closed).toEqual([0, null])
  expect(said.stdout.split('\n')).toHaveLength(2)
  expect(said.stderr).toMatch(line.endsWith('--json') ? /^$/ : /^Following from .*\n$/)
})
