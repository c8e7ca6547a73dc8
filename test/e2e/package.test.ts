import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { buildOnce, cleanEnvironment, emptyFolder, isAlive, ROOT, run } from './programs.ts'

const MINUTES = 60_000

const PEER = `
import { connect, MusterError } from 'muster'
await using peer = await connect({ name: 'packed', onAsk: (body) => \`Heard: \${body}\` })
await using other = await connect({ name: 'other' })
const answer = await other.ask('packed', 'hello', { timeoutMs: 10_000 })
const refused = await other.notify('nobody', 'hello').catch((error: unknown) => error)
console.log(answer.body, refused instanceof MusterError && refused.code)
`

const TSCONFIG = {
  compilerOptions: {
    target: 'ES2023',
    lib: ['ES2023', 'ESNext.Disposable'],
    types: ['node'],
    module: 'NodeNext',
    strict: true,
    exactOptionalPropertyTypes: true,
    // The declarations of the package itself are checked too.
    skipLibCheck: false,
  },
  files: ['peer.mts', 'browser.mts'],
}

describe('the package', () => {
  beforeAll(buildOnce)

  it(
    'installs in an empty folder; its command, its SDK and its types work there',
    async () => {
      const [folder, home] = [emptyFolder(), emptyFolder()]
      const env = cleanEnvironment({ MUSTER_HOME: home, MUSTER_PORT: '0', npm_config_prefer_offline: 'true' })
      const must = async (command: string, args: readonly string[], cwd = folder): Promise<string> => {
        const { status, stdout, stderr } = await run(command, args, { cwd, env })
        expect(status, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`).toBe(0)
        return stdout
      }
      // dist/ is up to date, and other tests run on it at this moment: what prepack would build is there already.
      const packed = JSON.parse(await must('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], ROOT)) as unknown
      const [{ filename, files }] = Object.values(packed as object) as [{ filename: string; files: { path: string }[] }]
      const paths = files.map(({ path }) => path)
      expect(paths).toContain('dist/daemon/store/migrations/001_core.sql')
      expect(paths).toContain('docs/protocol.md')
      expect(paths).toEqual(expect.arrayContaining(['personas/neutral/SOUL.md', 'skills/muster-mesh/SKILL.md', 'templates/workspace/AGENTS.md']))
      expect(paths.filter((path) => !/^(dist|docs|personas|plugins|skills|templates)\/|^(package\.json|README\.md|LICENSE)$/.test(path))).toEqual([])

      writeFileSync(join(folder, 'package.json'), '{"private":true,"type":"module"}')
      // Without scripts: the only one is better-sqlite3's, which fetches or compiles the binary that this checkout has.
      await must('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', filename])
      lendBinary(folder)
      const muster = (...args: string[]): Promise<string> => must(join(folder, 'node_modules/.bin/muster'), args)

      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
      expect(await muster('--version')).toBe(`muster ${version}\n`)
      onTestFinished(async () => {
        await run(join(folder, 'node_modules/.bin/muster'), ['down'], { cwd: folder, env })
      })
      const up = JSON.parse(await muster('up', '--port', '0', '--json')) as { state: string; pid: number; version: string }
      expect(up).toMatchObject({ state: 'started', version })
      expect(JSON.parse(await muster('status', '--json'))).toMatchObject({ running: true, pid: up.pid, status: { version, durability: 'full' } })

      expect(JSON.parse(await muster('skill', 'list', '--json'))).toMatchObject({
        skills: expect.arrayContaining([expect.objectContaining({ name: 'muster-mesh' })]),
      })
      expect(await muster('persona', 'show', 'mentor')).toContain('# The patient mentor')

      writeFileSync(join(folder, 'peer.mts'), PEER)
      writeFileSync(join(folder, 'browser.mts'), "import { connect } from 'muster/browser'\nexport const join: typeof connect = connect\n")
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(TSCONFIG))
      linkFromHere(folder, '@types/node')
      await must(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder, '--outDir', folder])
      // Node 20 knows no `await using`, which the compiler has left as it is; tsx turns it into what it knows.
      expect(await must(process.execPath, ['--import', join(ROOT, 'node_modules/tsx/dist/loader.mjs'), 'peer.mts'])).toBe('Heard: hello not_found\n')

      await muster('orchestrator', 'init', 'crew', '--name', 'boss')
      expect(readFileSync(join(folder, 'crew/AGENTS.md'), 'utf8')).toContain('# You are boss')
      await muster('memory', 'write', 'First', 'Do this.', '--kind', 'rule', '--dir', 'crew')

      await muster('down')
      expect(isAlive(up.pid)).toBe(false)
      expect((await run(join(folder, 'node_modules/.bin/muster'), ['status'], { cwd: folder, env })).status).toBe(3)
    },
    5 * MINUTES,
  )

  it('has a browser entry that loads nothing but its own files, none of which names a built-in of Node', () => {
    const seen = new Set<string>()
    const foreign: string[] = []
    const visit = (path: string): void => {
      if (seen.has(path)) return
      seen.add(path)
      const text = readFileSync(path, 'utf8')
      for (const [, specifier = ''] of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*)['"]([^'"]+)['"]/g)) {
        if (specifier.startsWith('.')) visit(join(dirname(path), specifier))
        else foreign.push(`${path} imports ${specifier}`)
      }
      if (/\b(process|Buffer|require)\b[.(]/.test(text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''))) foreign.push(`${path} names a global of Node`)
    }
    visit(join(ROOT, 'dist/client/browser.js'))
    expect(seen.size).toBeGreaterThan(5)
    expect(foreign).toEqual([])
  })

  it('ships nothing that names the folder it was built in', () => {
    const named = readdirSync(join(ROOT, 'dist'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => readFileSync(path, 'utf8').includes(ROOT))
    expect(named).toEqual([])
  })
})

/** The native part of better-sqlite3, as its own installer would have put it there. */
function lendBinary(folder: string): void {
  const build = 'node_modules/better-sqlite3/build'
  if (existsSync(join(ROOT, build)) && !existsSync(join(folder, build))) symlinkSync(join(ROOT, build), join(folder, build))
}

function linkFromHere(folder: string, name: string): void {
  const target = join(folder, 'node_modules', name)
  if (existsSync(target)) return
  mkdirSync(dirname(target), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules', name), target)
}
