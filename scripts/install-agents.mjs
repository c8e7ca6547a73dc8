// Installs the agent programs that `npm run test:agents` drives, at pinned versions, outside the clone: they weigh more than a gigabyte.
// Plain JavaScript, Node's own modules only. `--only claude,codex` installs some; `--list` installs nothing and prints as JSON which program is where.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** What is installed: the package, its version, and the name of its command. */
const AGENTS = {
  claude: { package: '@anthropic-ai/claude-code', version: '2.1.329', command: 'claude' },
  codex: { package: '@openai/codex', version: '0.169.0', command: 'codex' },
  gemini: { package: '@google/gemini-cli', version: '0.61.0', command: 'gemini' },
  opencode: { package: 'opencode-ai', version: '1.18.33', command: 'opencode' },
}
const INSTALL_TIMEOUT_MS = 15 * 60_000
const START_TIMEOUT_MS = 60_000

/** `MUSTER_TOOLS_CACHE`, or a folder of its own where this system keeps caches. */
function toolsCache(env = process.env, platform = process.platform) {
  if (env.MUSTER_TOOLS_CACHE) return env.MUSTER_TOOLS_CACHE
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'muster-tools')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'muster-tools')
  const xdg = env.XDG_CACHE_HOME
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.cache'), 'muster-tools')
}

/** The program of an agent, or undefined where this version is not installed. */
function agentBinary(name, cache = toolsCache()) {
  const folder = folderOf(name, cache)
  if (!existsSync(join(folder, DONE))) return undefined
  return join(folder, 'node_modules', '.bin', AGENTS[name].command)
}

/** Written last, so that an installation that broke off is made again. */
const DONE = 'installed.json'
const folderOf = (name, cache) => join(cache, `${name}-${AGENTS[name].version}`)

function installAgent(name, cache) {
  const agent = AGENTS[name]
  const folder = folderOf(name, cache)
  if (agentBinary(name, cache)) return 'was there'
  // Made beside and moved in place: what has the name is whole. Two runs at once do the work twice and the first to finish stays.
  const fresh = `${folder}.${process.pid}.new`
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  try {
    writeFileSync(join(fresh, 'package.json'), `${JSON.stringify({ name: `muster-tools-${name}`, private: true })}\n`)
    const args = ['install', '--no-audit', '--no-fund', '--no-update-notifier', '--save-exact', `${agent.package}@${agent.version}`]
    check(spawnSync('npm', args, { cwd: fresh, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_TIMEOUT_MS }), `npm ${args.join(' ')}`)
    const binary = join(fresh, 'node_modules', '.bin', agent.command)
    writeFileSync(join(fresh, DONE), `${JSON.stringify({ ...agent, says: versionOf(binary, fresh) })}\n`)
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return 'installed'
}

/** Starts it once, with a home of its own: a binary of another platform, or one that npm left half unpacked, shows here and not in a test. */
function versionOf(binary, folder) {
  const home = join(folder, 'first-home')
  mkdirSync(home)
  const env = { PATH: process.env.PATH, HOME: home, DISABLE_AUTOUPDATER: '1', OPENCODE_DISABLE_AUTOUPDATE: '1', OPENCODE_DISABLE_MODELS_FETCH: '1' }
  const ran = spawnSync(binary, ['--version'], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: START_TIMEOUT_MS })
  rmSync(home, { recursive: true, force: true })
  check(ran, `${binary} --version`)
  return ran.stdout.trim()
}

function check(ran, what) {
  if (ran.error) throw new Error(`${what}: ${ran.error.message}`)
  if (ran.status !== 0) throw new Error(`${what}: failed with ${ran.signal ?? `exit status ${ran.status}`}`)
}

/** The program of each agent; null for one that is not installed. */
function programsIn(cache) {
  return Object.fromEntries(Object.keys(AGENTS).map((name) => [name, agentBinary(name, cache) ?? null]))
}

/** The agents that the arguments name; all without. */
function chosen(args) {
  const at = args.indexOf('--only')
  if (at === -1) return Object.keys(AGENTS)
  const names = (args[at + 1] ?? '').split(',').filter((name) => name !== '')
  const unknown = names.filter((name) => !(name in AGENTS))
  if (names.length === 0 || unknown.length > 0) throw new Error(`--only takes some of ${Object.keys(AGENTS).join(',')}, not "${args[at + 1] ?? ''}"`)
  return names
}

function main(args) {
  const cache = toolsCache()
  if (args.includes('--list')) return console.log(JSON.stringify({ cache, programs: programsIn(cache) }))
  for (const name of chosen(args)) {
    const outcome = installAgent(name, cache)
    const { says } = JSON.parse(readFileSync(join(folderOf(name, cache), DONE), 'utf8'))
    console.log(`${name}: ${says} (${outcome}) ${agentBinary(name, cache)}`)
  }
}

try {
  main(process.argv.slice(2))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
