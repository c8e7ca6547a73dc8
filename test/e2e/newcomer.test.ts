import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { cleanEnvironment, emptyFolder, isAlive, ROOT, run, start } from './programs.ts'
import { readmeBlocks } from './readme.ts'

/** What a clone does not have. */
const NOT_CLONED = new Set(['node_modules', 'dist', '.git', 'coverage'])
const MINUTES = 60_000

/** Everything of the working tree that would be committed, in an empty folder. */
function copyTree(): string {
  const folder = join(emptyFolder(), 'muster')
  mkdirSync(folder)
  for (const name of readdirSync(ROOT)) {
    if (NOT_CLONED.has(name)) continue
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, filter: (path) => !NOT_CLONED.has(basename(path)) })
  }
  return folder
}

/**
 * A folder with the binary of better-sqlite3 that this checkout runs on, in the form in which its installer looks for one.
 * Where its makers' cannot be fetched, compiling it takes minutes and would prove nothing of ours.
 */
function prebuilt(): string {
  const folder = emptyFolder()
  const source = join(ROOT, 'node_modules/better-sqlite3')
  const binary = 'build/Release/better_sqlite3.node'
  if (!existsSync(join(source, binary))) return folder
  const { version } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { version: string }
  const name = `better-sqlite3-v${version}-node-v${process.versions.modules}-${process.platform}-${process.arch}.tar.gz`
  execFileSync('tar', ['-C', source, '-czf', join(folder, name), binary])
  return folder
}

describe('a newcomer', () => {
  it(
    'runs each block of the README verbatim in an empty folder, and it works',
    async () => {
      const cwd = copyTree()
      const home = emptyFolder()
      const env = cleanEnvironment({
        // A daemon of its own on a free port, so that it can meet no other.
        MUSTER_HOME: home,
        MUSTER_PORT: '0',
        // `npm test` inside the copy checks, builds and finds the files of tests, but lists them: running this one again would never end.
        MUSTER_TEST_LIST: '1',
        npm_config_prefer_offline: 'true',
        npm_config_better_sqlite3_local_prebuilds: prebuilt(),
      })
      onTestFinished(async () => {
        await run(process.execPath, ['dist/client/cli/main.js', 'down'], { cwd, env })
      })
      const blocks = readmeBlocks().filter(({ language }) => language === 'sh')
      const done: string[] = []
      const shell = async (text: string): Promise<string> => {
        const { status, stdout, stderr } = await run('sh', ['-e', '-c', text], { cwd, env })
        expect(status, `${text}\n${stdout}\n${stderr}`).toBe(0)
        done.push(text)
        return stdout
      }
      const next = (pattern: RegExp): string => {
        const text = blocks.shift()?.text ?? ''
        expect(text).toMatch(pattern)
        return text
      }

      const started = /runs at (http:\/\/127\.0\.0\.1:\d+) \(pid (\d+)\)/.exec(await shell(next(/^npm start\n$/)))
      const [, url, pid] = started ?? []
      expect(((await (await fetch(`${url}/health`)).json()) as { pid: number }).pid).toBe(Number(pid))

      expect(await shell(next(/^npm start -- --demo\n$/))).toContain('Observed 16 of 16 events')

      const listed = await shell(next(/^npm test\n$/))
      expect(listed).toContain('[e2e] test/e2e/newcomer.test.ts')
      expect(listed).toContain('[unit] ')

      // The one that stays in the foreground, as the README says; `exec`, so that Ctrl-C reaches it without a terminal.
      const librarian = start('sh', ['-c', `exec ${next(/^node --import tsx examples\/librarian\.ts\n$/)}`], { cwd, env })
      await librarian.said(/The librarian is in/)

      const spoken = await shell(next(/^npx muster ask /))
      expect(spoken).toMatch(/^Shelf M7\.$/m)
      expect(spoken).toContain('Noted: We close at six.')
      expect(spoken).toMatch(/^librarian +agent +online/m)
      expect(spoken).toMatch(/^durability +full$/m)
      await librarian.said(/says: We close at six\./)
      process.kill(librarian.pid, 'SIGINT')
      expect((await librarian.ended).status).toBe(0)

      // On the port of its own.
      const peers = await shell(next(/^curl .*\/v1\/peers\n$/).replace('http://127.0.0.1:6878', url ?? ''))
      expect(JSON.parse(peers)).toMatchObject({ peers: expect.arrayContaining([expect.objectContaining({ name: 'librarian' })]) })

      await shell(next(/^npx muster down\n$/))
      expect(isAlive(Number(pid))).toBe(false)
      expect(blocks).toEqual([])
      expect(done).toHaveLength(6)
    },
    15 * MINUTES,
  )
})
