import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { musterPaths } from '../../src/paths.ts'
import { Connection } from '../load/connection.ts'
import { freePort, launch, pause, ROOT, type Running } from './processes.ts'

const START_MS = 30_000

export interface Muster {
  readonly running: Running
  /** The WebSocket door. */
  readonly url: string
  readonly http: string
  readonly home: string
  /** From the spawn to the first good answer of /health. */
  readonly startedInMs: number
}

export interface MusterOptions {
  readonly home: string
  readonly flags?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Starts the built daemon as a user would, on a home of its own, with its default durability. */
export async function startMuster(options: MusterOptions): Promise<Muster> {
  mkdirSync(options.home, { recursive: true })
  const port = await freePort()
  const startedAt = performance.now()
  const env = { MUSTER_HOME: options.home, MUSTER_PORT: String(port), ...options.env }
  const running = launch(process.execPath, [...(options.flags ?? []), `${ROOT}dist/daemon/bin.js`], { env })
  const http = `http://127.0.0.1:${port}`
  await healthy(http, running)
  return { running, http, url: `ws://127.0.0.1:${port}/v1/ws`, home: options.home, startedInMs: performance.now() - startedAt }
}

/** Asks /health every two milliseconds, for the daemon and for the bare server alike. */
export async function healthy(http: string, running: Running): Promise<void> {
  let ended = false
  running.ended
    .then(() => {
      ended = true
    })
    .catch(() => {
      ended = true
    })
  const deadline = performance.now() + START_MS
  while (performance.now() < deadline && !ended) {
    if (await answers(`${http}/health`)) return
    await pause(2)
  }
  throw new Error(`No answer from ${http}/health: ${running.stderr()}`)
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode === 200))
    }).once('error', () => resolve(false))
  })
}

/** The first connection that a daemon answers. */
export async function greet(muster: Muster): Promise<void> {
  const connection = await Connection.open(muster.url, readFileSync(musterPaths({ MUSTER_HOME: muster.home }, '').enrolmentToken, 'utf8').trim())
  await connection.hello({ consume: false, prefetch: 1 })
  connection.close()
}

export interface Registered {
  readonly name: string
  readonly token: string
}

/** Below the number of requests that a connection may have in flight. */
const AT_ONCE = 500

/** Registers peers over one connection with the local enrolment token. */
export async function register(muster: Muster, peers: readonly { readonly name: string; readonly capabilities?: readonly string[] }[]): Promise<Registered[]> {
  const enrolment = readFileSync(musterPaths({ MUSTER_HOME: muster.home }, '').enrolmentToken, 'utf8').trim()
  const connection = await Connection.open(muster.url, enrolment)
  connection.onClose = () => {} // the calls that wait fail
  await connection.hello({ consume: false, prefetch: 1 })
  const registered: Registered[] = []
  for (let from = 0; from < peers.length; from += AT_ONCE) {
    const batch = peers.slice(from, from + AT_ONCE).map(async (peer) => {
      const { token } = (await connection.call('peers.register', { ...peer, mode: 'stream' })) as { token: string }
      return { name: peer.name, token }
    })
    registered.push(...(await Promise.all(batch)))
  }
  connection.close()
  return registered
}

let homes = 0
/** A fresh folder on the disk that the project is on: a temporary folder may live in memory, where a flush costs nothing. */
export function scratch(): string {
  const folder = `${ROOT}node_modules/.cache/muster-bench/run-${process.pid}/${++homes}`
  mkdirSync(folder, { recursive: true })
  return folder
}

export function removeScratch(): void {
  rmSync(`${ROOT}node_modules/.cache/muster-bench/run-${process.pid}`, { recursive: true, force: true })
}

/** Resident memory of a process, on Linux. */
export function residentKb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])
}
