// Builds dist/: compiles src, daemon and client, bundles the dashboard, copies the migrations, makes the bin executable. `--force` builds even where nothing changed.
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { brotliCompressSync, constants } from 'node:zlib'
import { root, run } from './setup.mjs'

const DIST = join(root, 'dist')
const BIN = 'client/cli/main.js'
const DASHBOARD = 'client/dashboard'
const MIGRATIONS = 'daemon/store/migrations'
// Not in dist/, which is what the package contains.
const CACHE = join(root, 'node_modules', '.cache', 'muster')
const STAMP = join(CACHE, 'built')
const INPUTS = ['src', 'daemon', 'client', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs']

/** Brings dist/ up to date. Returns whether there was anything to do. */
export async function build({ force = false } = {}) {
  if (!force && isCurrent()) return false
  const startedAt = new Date()
  // Compiled beside and moved in place as a whole: dist/ is never half new, and a file whose source is gone does not linger.
  const fresh = join(CACHE, `dist-${process.pid}`)
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh, { recursive: true })
  try {
    const status = await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--outDir', fresh])
    if (status !== 0) throw new Error(`The compiler refused the sources (exit status ${status}); dist/ stays as it was.`)
    if (existsSync(join(root, MIGRATIONS))) copySql(join(root, MIGRATIONS), join(fresh, MIGRATIONS))
    if (existsSync(join(root, DASHBOARD))) await bundleDashboard(join(fresh, DASHBOARD))
    if (existsSync(join(fresh, BIN))) chmodSync(join(fresh, BIN), 0o755)
    rmSync(DIST, { recursive: true, force: true })
    renameSync(fresh, DIST)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
  }
  writeFileSync(STAMP, root)
  // The time of the start: what was edited meanwhile counts as newer.
  utimesSync(STAMP, startedAt, startedAt)
  return true
}

/** Writes the dashboard into a folder: every file as it is and compressed, and a list of what the page needs to open without the daemon. */
async function bundleDashboard(into) {
  const { build: bundle } = await import('vite')
  const configFile = join(root, DASHBOARD, 'vite.config.ts')
  await bundle({ configFile, logLevel: 'warn', build: { outDir: into } })
  // By itself: not every browser lets a service worker import, so it shares nothing with the page.
  const worker = { input: join(root, DASHBOARD, 'worker/worker.ts'), output: { entryFileNames: 'worker.js' } }
  await bundle({ configFile, logLevel: 'warn', publicDir: false, build: { outDir: into, emptyOutDir: false, rollupOptions: worker } })
  const files = readdirSync(into, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = files.map((entry) => `/${relative(into, join(entry.parentPath, entry.name)).replaceAll('\\', '/')}`)
  const apart = ['/index.html', '/worker.js']
  writeFileSync(join(into, 'shell.json'), JSON.stringify(paths.filter((path) => !apart.includes(path)).sort()))
  for (const path of [...paths, '/shell.json'].filter((path) => /\.(?:html|js|css|svg|json|webmanifest)$/.test(path))) {
    const file = join(into, path)
    writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file), { params: { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY } }))
  }
}

function copySql(from, to) {
  mkdirSync(to, { recursive: true })
  for (const file of readdirSync(from).filter((name) => name.endsWith('.sql'))) cpSync(join(from, file), join(to, file))
}

function isCurrent() {
  // Checkouts may share their node_modules, and so the stamp.
  if (!existsSync(DIST) || !existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== root) return false
  return Math.max(...INPUTS.map((input) => newestMs(join(root, input)))) < statSync(STAMP).mtimeMs
}

/** The latest change below a path. A folder's own time counts, since it is what a deletion changes. */
function newestMs(path) {
  if (!existsSync(path)) return 0
  const stats = statSync(path)
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestMs(join(path, name))))
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const built = await build({ force: process.argv.includes('--force') })
  console.error(built ? 'Built dist/.' : 'dist/ is up to date.')
}
