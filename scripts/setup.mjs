// What `npm start` and `npm test` need before anything is installed: plain JavaScript, Node's own modules only.
import { spawn } from 'node:child_process'
import { existsSync, lstatSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
const MINIMUM = [20, 19]

/** Ends the process with a sentence where this Node is too old, instead of a syntax error from the depths. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1])) return
  console.error(`Muster needs Node ${MINIMUM.join('.')} or newer; this is Node ${process.versions.node}. Get one from https://nodejs.org and try again.`)
  process.exit(1)
}

/** Installs what package-lock.json names, where node_modules is missing or older than it. */
export async function install() {
  // It is another checkout's, which `npm ci` would empty.
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return
  // npm writes this file at the end of an installation, so one that broke off is repeated.
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs) return
  console.error('Installing what is missing (npm ci) …')
  await must('npm', ['ci', '--no-audit', '--no-fund'])
}

/** Runs a program in the project's folder, on this terminal. Ends this process with its exit status where that is not 0. */
export async function must(command, args, env = {}) {
  const status = await run(command, args, env)
  if (status === 0) return
  console.error(`\n${[command, ...args].join(' ')}: failed with exit status ${status}`)
  process.exit(status)
}

/** Runs a program in the project's folder, on this terminal, and passes signals on to it. Returns its exit status. */
export function run(command, args, env = {}) {
  return new Promise((resolve, reject) => {
    // Windows starts npm through a batch file, which needs a shell.
    const shell = process.platform === 'win32' && command === 'npm'
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell, env: { ...process.env, ...env } })
    const forward = (signal) => child.kill(signal)
    for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, forward)
    child.on('error', reject)
    child.on('exit', (code, signal) => {
      for (const each of ['SIGINT', 'SIGTERM']) process.off(each, forward)
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143))
    })
  })
}
