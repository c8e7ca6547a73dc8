/** Promise 1, "accepted means durable", seen from outside: the system calls of a real daemon process and the pragmas of its own connection. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { musterPaths } from '../../src/paths.ts'
import { ourProgram } from '../support/our-program.ts'
import { type Evidence, findEvidence, parseTrace } from '../support/system-calls.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const CALLS = 'fsync,fdatasync,write,writev,sendto,sendmsg,pwrite64,pwritev'
/** Long enough to show a whole page of the log with the body in it. */
const STRING_BYTES = 8_192
/** Both messages are delivered; ask, answer and ack are confirmed. */
const FRAMES_AN_ASK = 5
const PATIENCE = { timeout: 20_000, interval: 20 }

const running: ChildProcess[] = []
const folders: string[] = []
const sockets: WebSocket[] = []

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.terminate()
  for (const child of running.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'close')
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

test('each confirmation follows a completed flush of the log that holds what it confirms', async (context) => {
  const problem = straceProblem()
  if (problem) context.skip(problem)
  const home = makeHome()
  const daemon = await startDaemon(home, underStrace(home))
  const [asker, answerer] = await joinAs(daemon, ['asker', 'answerer'])
  const markers: string[] = []
  // One by one first, then many at once: a batch shares its flush.
  for (let n = 0; n < 5; n++) markers.push(await askAndAnswer(asker, answerer, `alone-${n}`))
  markers.push(...(await Promise.all(Array.from({ length: 40 }, (_, n) => askAndAnswer(asker, answerer, `together-${n}`)))))
  await daemon.stop()

  const evidence = readEvidence(home)
  expect(evidence.flushes).toBeGreaterThan(0)
  expect(evidence.confirmations).toBeGreaterThanOrEqual(markers.length * FRAMES_AN_ASK)
  expect(evidence.beforeFlush, 'frames that left while the log held unflushed writes').toEqual([])
  for (const marker of markers) {
    for (const text of [`ask ${marker}.`, `answer ${marker}.`]) {
      const { written, flushed, sent } = evidence.orderOf(text)
      expect(written, `${text} was written to the log`).toBeGreaterThanOrEqual(0)
      expect(flushed, `${text} was flushed after it was written`).toBeGreaterThan(written)
      expect(sent, `${text} was sent after it was flushed`).toBeGreaterThan(flushed)
    }
  }
})

test('the trace would show a confirmation that did not wait for the disk', async (context) => {
  const problem = straceProblem()
  if (problem) context.skip(problem)
  const home = makeHome()
  const daemon = await startDaemon(home, underStrace(home), { MUSTER_DURABILITY: 'os' })
  const [asker, answerer] = await joinAs(daemon, ['asker', 'answerer'])
  await askAndAnswer(asker, answerer, 'unflushed')
  await daemon.stop()
  expect(readEvidence(home).beforeFlush.length).toBeGreaterThan(0)
})

test('the running daemon has its own connection in WAL mode with synchronous=FULL and foreign keys on', async () => {
  const home = makeHome()
  const probe = join(home, 'pragmas.json')
  const preload = `${ROOT}test/support/pragma-probe.mjs`
  const daemon = await startDaemon(home, ([node = '', ...args]) => [node, '--import', preload, ...args], { PRAGMA_PROBE: probe })
  process.kill(daemon.pid, 'SIGUSR2')
  const connections = await vi.waitFor(() => JSON.parse(readFileSync(probe, 'utf8')) as Record<string, unknown>[], PATIENCE)
  const writers = connections.filter((connection) => connection['readonly'] === false)
  expect(writers).toEqual([{ file: musterPaths({ MUSTER_HOME: home }, '').database, readonly: false, journal_mode: 'wal', synchronous: 2, foreign_keys: 1 }])
  const admin = await open(daemon.url, readFileSync(musterPaths({ MUSTER_HOME: home }, '').adminToken, 'utf8').trim())
  await admin.call('hello', { protocol: 1, client: 'durability-test' })
  expect(await admin.call('node.status', {})).toMatchObject({ durability: 'full', readOnly: false })
})

function underStrace(home: string) {
  // -v: frames of one turn leave in one writev, which is otherwise shown in part.
  return (node: string[]): string[] => ['strace', '-f', '-v', '-yy', '-s', String(STRING_BYTES), '-e', `trace=${CALLS}`, '-o', join(home, 'trace'), ...node]
}

function readEvidence(home: string): Evidence {
  return findEvidence(parseTrace(readFileSync(join(home, 'trace'), 'utf8')), `${musterPaths({ MUSTER_HOME: home }, '').database}-wal`)
}

/** The reason why system calls cannot be traced here. */
function straceProblem(): string | undefined {
  try {
    execFileSync('strace', ['-f', '-o', '/dev/null', 'true'], { stdio: ['ignore', 'ignore', 'pipe'] })
    return undefined
  } catch (error) {
    return `strace does not work here: ${error instanceof Error ? error.message : String(error)}`
  }
}

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'muster-durability-'))
  folders.push(home)
  return home
}

interface Daemon {
  readonly url: string
  readonly pid: number
  stop(): Promise<void>
}

/** @param wrap makes the command that is run from the one that starts the daemon */
async function startDaemon(home: string, wrap: (node: string[]) => string[], env: Record<string, string> = {}): Promise<Daemon> {
  const [command = '', ...args] = wrap([process.execPath, ...ourProgram('daemon/bin')])
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...withoutMuster(process.env), MUSTER_HOME: home, MUSTER_PORT: '0', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  running.push(child)
  let stderr = ''
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const file = musterPaths({ MUSTER_HOME: home }, '').daemonFile
  const { pid, url } = await vi.waitFor(() => {
    if (child.exitCode !== null) throw new Error(`The daemon ended with ${child.exitCode}: ${stderr}`)
    return JSON.parse(readFileSync(file, 'utf8')) as { pid: number; url: string }
  }, PATIENCE)
  await vi.waitFor(async () => expect((await fetch(`${url}/health`)).status).toBe(200), PATIENCE)
  const stop = async () => {
    process.kill(pid, 'SIGTERM')
    await once(child, 'close')
    expect(existsSync(file)).toBe(false)
  }
  return { url, pid, stop }
}

/** The daemon's defaults are what is tested, not what the shell of the tester has set. */
function withoutMuster(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MUSTER_')))
}

interface Frame {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly delivery: string; readonly thread: { readonly id: string }; readonly message: { readonly kind: string; readonly body: string } }
  readonly result?: unknown
  readonly error?: unknown
}

interface Peer {
  call(method: string, params: object): Promise<unknown>
  /** Resolves with the delivery whose message has this body. */
  delivered(body: string): Promise<NonNullable<Frame['params']>>
}

async function joinAs(daemon: Daemon, names: readonly string[]): Promise<[Peer, Peer]> {
  const home = folders.at(-1) ?? ''
  const enrolment = await open(daemon.url, readFileSync(musterPaths({ MUSTER_HOME: home }, '').enrolmentToken, 'utf8').trim())
  await enrolment.call('hello', { protocol: 1, client: 'durability-test' })
  const peers = names.map(async (name) => {
    const { token } = (await enrolment.call('peers.register', { name })) as { token: string }
    const peer = await open(daemon.url, token)
    await peer.call('hello', { protocol: 1, client: 'durability-test', consume: true, prefetch: 100 })
    return peer
  })
  return (await Promise.all(peers)) as [Peer, Peer]
}

async function open(url: string, token: string): Promise<Peer> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/ws`, 'muster.v1', { headers: { authorization: `Bearer ${token}` } })
  sockets.push(socket)
  let nextId = 0
  const replies = new Map<number, (frame: Frame) => void>()
  const deliveries = new Map<string, (params: NonNullable<Frame['params']>) => void>()
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as Frame
    if (frame.id !== undefined) replies.get(frame.id)?.(frame)
    else if (frame.method === 'mailbox.deliver' && frame.params) deliveries.get(frame.params.message.body)?.(frame.params)
  })
  await once(socket, 'open')
  return {
    call: (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++nextId
        replies.set(id, (frame) => (frame.error ? reject(new Error(JSON.stringify(frame.error))) : resolve(frame.result)))
        socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
      }),
    delivered: (body) => new Promise((resolve) => deliveries.set(body, resolve)),
  }
}

async function askAndAnswer(asker: Peer, answerer: Peer, marker: string): Promise<string> {
  const asked = answerer.delivered(`ask ${marker}.`)
  const answered = asker.delivered(`answer ${marker}.`)
  await asker.call('threads.ask', { to: 'answerer', body: `ask ${marker}.`, causedBy: null })
  const { thread, delivery } = await asked
  await answerer.call('threads.answer', { thread: thread.id, delivery, body: `answer ${marker}.` })
  await asker.call('mailbox.ack', { deliveries: [(await answered).delivery] })
  return marker
}
