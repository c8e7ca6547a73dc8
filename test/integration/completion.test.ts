import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCRIPTS, type Shell } from '../../client/cli/completion/scripts.ts'
import { loadConfig } from '../../daemon/config.ts'
import { type Daemon, startDaemon } from '../../daemon/main.ts'
import { musterPaths } from '../../src/paths.ts'
import { musterHere } from '../support/cli-here.ts'
import { registerPeer } from '../support/daemon.ts'

const MAIN = fileURLToPath(new URL('../../client/cli/main.ts', import.meta.url))
const isMissing = (shell: Shell) => spawnSync(shell, ['--version']).status !== 0

let home: string
let daemon: Daemon

/** A `muster` on the PATH, each script of completion in a file, and a daemon with a peer. */
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'muster-complete-'))
  await mkdir(join(home, 'bin'))
  await writeFile(join(home, 'bin/muster'), `#!/bin/sh\nexec "${process.execPath}" --import "${import.meta.resolve('tsx')}" "${MAIN}" "$@"\n`)
  await chmod(join(home, 'bin/muster'), 0o755)
  for (const [shell, script] of Object.entries(SCRIPTS)) await writeFile(join(home, `muster.${shell}`), script)
  await writeFile(join(home, 'body.md'), 'text')
  const quiet = () => undefined
  const log = { debug: quiet, info: quiet, warn: quiet, error: quiet }
  daemon = await startDaemon({ config: loadConfig({ MUSTER_HOME: home, MUSTER_PORT: '0' }, home), log, onFatal: quiet })
  const enrolment = (await readFile(musterPaths({ MUSTER_HOME: home }, home).enrolmentToken, 'utf8')).trim()
  for (const name of ['alpha-one', 'beta']) await registerPeer(daemon.url, enrolment, name)
})
afterAll(async () => {
  await daemon.stop()
  await rm(home, { recursive: true, force: true })
})

/** What a shell prints for a script. Neither its own configuration nor that of who runs the tests counts. */
async function shell(program: Shell, args: readonly string[]): Promise<string> {
  const env = { PATH: `${join(home, 'bin')}:${process.env['PATH']}`, HOME: home, MUSTER_HOME: home, TERM: 'dumb', XDG_CONFIG_HOME: join(home, 'xdg') }
  const child = spawn(program, args, { cwd: home, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 50_000 })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text
  })
  await once(child, 'close')
  expect(errors).toBe('')
  return said
}

/** What bash offers for a line, cut into words as readline cuts it. */
async function inBash(line: string): Promise<string[]> {
  const words = line.split(/\s+|(?<=[=@])|(?=[=@])/)
  const fill = `COMP_LINE='${line}'; COMP_POINT=${line.length}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`
  const said = await shell('bash', ['--norc', '-c', `source muster.bash; ${fill}; _muster; printf '%s\\n' "\${COMPREPLY[@]}"`])
  return said.split('\n').filter((word) => word !== '')
}

describe.skipIf(isMissing('bash'))('bash', () => {
  test('completes commands, flags and names as they are now', async () => {
    expect(await inBash('muster pee')).toEqual(['peers'])
    expect(await inBash('muster peers --pres')).toEqual(['--presence'])
    expect(await inBash('muster ask al')).toEqual(['alpha-one'])
    expect(await inBash('muster peers --circle=')).toEqual(['main'])
    expect(await inBash('muster nothing ')).toEqual([])
    expect(await shell('bash', ['--norc', '-c', 'source muster.bash; complete -p muster'])).toContain('-F _muster muster')
  })
})

describe.skipIf(isMissing('fish'))('fish', () => {
  const inFish = async (line: string) => await shell('fish', ['--no-config', '-c', `source muster.fish; complete -C '${line}'`])
  test('completes commands, flags, names and files', async () => {
    expect(await inFish('muster pee')).toBe('peers\tThe muster roll; rename or retire a peer\n')
    expect(await inFish('muster dead list --ol')).toBe('--older-than\tOnly what died so long ago: 15m, 24h\n')
    expect(await inFish('muster ask al')).toBe('alpha-one\tagent, offline\n')
    expect(await inFish('muster ask beta --file bod')).toContain('body.md')
    expect(await inFish('muster nothing ')).toBe('')
  })
})

describe.skipIf(isMissing('zsh'))('zsh', () => {
  /** Presses the keys at the prompt of an interactive zsh and prints what stands there once it fits. */
  const pressed = (keys: string, until: string) => `
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z 'PS1="at""-prompt> "; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -u -D; source ${home}/muster.zsh; echo loa""ded'
    zpty -r -m z seen '*loaded*at-prompt> *'
    zpty -w -n z $'${keys}\\t'
    zpty -r -m z seen '${until}'
    print -r -- "$seen"
    zpty -d z`
  test('completes commands, names and flags at a prompt', async () => {
    expect(await shell('zsh', ['-f', '-c', pressed('muster pee', '*pee*rs *')])).toMatch(/muster peers /)
    expect(await shell('zsh', ['-f', '-c', pressed('muster ask al', '*al*pha-one *')])).toMatch(/muster ask alpha-one /)
    expect(await shell('zsh', ['-f', '-c', pressed('muster dead list --ol', '*--ol*der-than *')])).toMatch(/--older-than /)
  })
})

test('names are looked up without making anybody join', async () => {
  const before = await musterHere(home, ['peers', '--json'])
  expect((await musterHere(home, ['complete', 'zsh', '--', 'thread', ''])).stdout).toBe('list\nshow\n')
  expect((await musterHere(home, ['complete', 'zsh', '--', 'ask', '--as', 'nobody', ''])).stdout).toBe('')
  expect((await musterHere(home, ['peers', '--json'])).stdout).toBe(before.stdout)
})

test('an owed ask is offered where it can be answered', async () => {
  await musterHere(home, ['inbox', '--peek', '--as', 'owing'])
  const { stdout } = await musterHere(home, ['ask', 'owing', 'still?', '--no-wait', '--as', 'asking'])
  const thread = stdout.trim()
  expect((await musterHere(home, ['complete', 'zsh', '--', 'answer', '--as', 'owing', ''])).stdout).toBe(`${thread}\task from asking to owing, open\n`)
  expect((await musterHere(home, ['complete', 'zsh', '--', 'thread', 'show', '--as', 'asking', ''])).stdout).toContain(thread)
})

test('a daemon that does not answer is not waited for, and nothing is said', async () => {
  const sockets = new Set<{ destroy: () => void }>()
  const mute = createServer((socket) => void sockets.add(socket))
  mute.listen(0, '127.0.0.1')
  await once(mute, 'listening')
  const other = await mkdtemp(join(tmpdir(), 'muster-mute-'))
  await mkdir(join(other, 'state'))
  await writeFile(join(other, 'state/daemon.json'), JSON.stringify({ pid: process.pid, url: `http://127.0.0.1:${(mute.address() as AddressInfo).port}` }))
  await writeFile(join(other, 'state/admin.token'), 'ma_any')
  const child = spawn(join(home, 'bin/muster'), ['complete', 'zsh', '--', 'ask', ''], {
    env: { PATH: process.env['PATH'], HOME: other, MUSTER_HOME: other },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)))
  expect(await once(child, 'close')).toEqual([0, null])
  expect(said).toBe('')
  for (const socket of sockets) socket.destroy()
  await new Promise((resolve) => mute.close(resolve))
  await rm(other, { recursive: true, force: true })
})
