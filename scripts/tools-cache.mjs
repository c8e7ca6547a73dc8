// Programs that tests drive and that are no part of the project: each at a pinned version in a folder of its own, outside the clone.
// Plain JavaScript, Node's own modules only.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

const INSTALL_TIMEOUT_MS = 15 * 60_000
/** Written last, so that an installation that broke off is made again. */
const DONE = 'installed.json'

/** `MUSTER_TOOLS_CACHE`, or a folder of its own where this system keeps caches. */
export function toolsCache(env = process.env, platform = process.platform) {
  if (env.MUSTER_TOOLS_CACHE) return env.MUSTER_TOOLS_CACHE
  if (platform === 'darwin') return join(homedir(), 'Library', 'Caches', 'muster-tools')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'muster-tools')
  const xdg = env.XDG_CACHE_HOME
  return join(xdg?.startsWith('/') ? xdg : join(homedir(), '.cache'), 'muster-tools')
}

/** The folder of a program, or undefined where this version is not installed. */
export function installedAt({ name, version }, cache = toolsCache()) {
  const folder = join(cache, `${name}-${version}`)
  return existsSync(join(folder, DONE)) ? folder : undefined
}

/**
 * Installs the packages of a program by npm, unless they are there. Made beside and moved in place: what has the name is whole.
 *
 * @returns the folder
 */
export function installOnce({ name, version, packages }, cache = toolsCache()) {
  const there = installedAt({ name, version }, cache)
  if (there) return there
  const folder = join(cache, `${name}-${version}`)
  const fresh = `${folder}.${process.pid}.new`
  mkdirSync(fresh, { recursive: true })
  try {
    writeFileSync(join(fresh, 'package.json'), `${JSON.stringify({ name: `muster-tools-${name}`, private: true })}\n`)
    const args = ['install', '--no-audit', '--no-fund', '--no-update-notifier', '--ignore-scripts', '--save-exact', ...packages]
    const ran = spawnSync('npm', args, { cwd: fresh, stdio: ['ignore', 'ignore', 'inherit'], timeout: INSTALL_TIMEOUT_MS })
    if (ran.error) throw new Error(`npm ${args.join(' ')}: ${ran.error.message}`)
    if (ran.status !== 0) throw new Error(`npm ${args.join(' ')}: failed with ${ran.signal ?? `exit status ${ran.status}`}`)
    writeFileSync(join(fresh, DONE), `${JSON.stringify({ name, version, packages })}\n`)
    rmSync(folder, { recursive: true, force: true })
    renameSync(fresh, folder)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  return folder
}
