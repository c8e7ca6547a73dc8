import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
/** Compiled load generators and anchors: they run as plain JavaScript, as the daemon does from dist. */
export const COMPILED = `${ROOT}node_modules/.cache/muster-bench/bench`

export interface Running {
  readonly pid: number
  /** Stops the process by its pid and waits for its end; SIGKILL after 15 s. */
  stop(): Promise<void>
  readonly ended: Promise<number | null>
  /** What it wrote to stderr, for the message of a failure. */
  stderr(): string
  /** The first line of stdout. */
  readonly firstLine: Promise<string>
}

/** What a part that failed has left behind. */
const living = new Set<Running>()

/** Ends what is still running of ours, each by its own pid. */
export async function stopAll(): Promise<void> {
  await Promise.all([...living].map((running) => running.stop()))
}

export interface Launch {
  readonly env?: Readonly<Record<string, string>>
  /** Written to stdin, which is then closed. */
  readonly input?: string
}

export function launch(command: string, args: readonly string[], options: Launch = {}): Running {
  const child = spawn(command, args, { cwd: ROOT, env: { ...process.env, ...options.env }, stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin.on('error', () => {}) // a process that ends before it reads is reported by its exit status
  child.stdin.end(options.input ?? '')
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-4_000)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  const firstLine = readLine(child, () => stderr)
  firstLine.catch(() => {}) // looked at only by those that wait for it
  ended.catch(() => {})
  const running: Running = { pid: child.pid ?? -1, ended, firstLine, stderr: () => stderr, stop: () => stop(child, ended) }
  living.add(running)
  ended.finally(() => living.delete(running)).catch(() => {})
  return running
}

function readLine(child: ChildProcess, stderr: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      if (text.includes('\n')) return
      text += part
      if (text.includes('\n')) resolve(text.slice(0, text.indexOf('\n')))
    })
    child.once('close', (code) => reject(new Error(`${child.spawnargs.slice(0, 3).join(' ')} ended with ${code} before it said a word: ${stderr()}`)))
    child.once('error', reject)
  })
}

async function stop(child: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await ended.finally(() => clearTimeout(force))
}

/** No run of a load takes longer; one that does is ended and reported. */
const RUN_MS = 60_000

/** Starts a compiled script; its input arrives on stdin, since thousands of tokens do not fit into an argument. */
export function launchScript(script: string, input: object): Running {
  return launch(process.execPath, [`${COMPILED}/${script}.js`], { input: JSON.stringify(input) })
}

/** Runs a compiled script to its end and reads the one line of JSON it prints. */
export async function run<Result>(script: string, input: object): Promise<Result> {
  const running = launchScript(script, input)
  const late = setTimeout(() => void running.stop(), RUN_MS)
  const line = await running.firstLine.finally(() => clearTimeout(late))
  const code = await running.ended
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${running.stderr()}`)
  return JSON.parse(line) as Result
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (typeof address !== 'object' || !address) throw new Error('The system gave no port.')
  return address.port
}

export const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
