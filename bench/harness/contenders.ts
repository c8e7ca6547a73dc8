import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import type { Level } from '../load/measure.ts'
import { register, scratch, startMuster } from './muster.ts'
import { freePort, launch, launchScript, pause, type Running, run } from './processes.ts'

export interface Rounds {
  readonly inFlight: readonly number[]
  readonly warmMs: number
  readonly runMs: number
}

/** Something that can be asked: started once, measured in turn with the others. */
export interface Contender {
  readonly name: string
  /** What it promises before it confirms, in words for the report. */
  readonly promise: string
  /** Whether it is what a target was set against. */
  readonly comparable: boolean
  measure(rounds: Rounds): Promise<Level[]>
  stop(): Promise<void>
}

/** The reason why one is not there. */
export interface Absent {
  readonly name: string
  readonly absent: string
}

let runs = 0
const nextRun = () => `r${process.pid}x${++runs}`

export async function muster(flags: readonly string[] = []): Promise<Contender> {
  const daemon = await startMuster({ home: scratch(), flags })
  const [asker, answerer] = await register(daemon, [{ name: 'asker' }, { name: 'answerer' }])
  const peers = { askerToken: asker?.token, answererToken: answerer?.token, to: 'answerer' }
  const input = { url: daemon.url, pid: daemon.running.pid, ...peers }
  return contender('muster', 'flushed to the disk', daemon.running, 'load/asks', input)
}

export async function relay(): Promise<Contender> {
  const running = launchScript('anchors/relay', {})
  const { url } = JSON.parse(await running.firstLine) as { url: string }
  const input = { url, pid: running.pid, askerToken: 'asker', answererToken: 'answerer', to: 'answerer' }
  return contender('relay', 'nothing: it stores nothing', running, 'load/asks', input)
}

export async function redis(fsync: 'always' | 'everysec'): Promise<Contender | Absent> {
  if (!installed('redis-server')) return { name: `redis ${fsync}`, absent: 'redis-server is not installed' }
  const port = await freePort()
  const settings = { port, bind: '127.0.0.1', dir: scratch(), appendonly: 'yes', appendfsync: fsync, save: '', 'auto-aof-rewrite-percentage': 0 }
  const running = launch(
    'redis-server',
    Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]),
  )
  await listening(port, running)
  return contender(`redis ${fsync}`, fsync === 'always' ? 'flushed to the disk' : 'flushed once a second', running, 'anchors/redis', { port, pid: running.pid })
}

export async function jetStream(): Promise<Contender | Absent> {
  if (!installed('nats-server')) return { name: 'jetstream', absent: 'nats-server is not installed' }
  const port = await freePort()
  const folder = scratch()
  const always = writeNatsConfig(folder, port, 'sync_interval: always')
  // Servers before 2.10 do not know the option; their figure is without a flush, an upper bound of one with it.
  const promise = always
    ? 'flushed to the disk'
    : 'flushed every two minutes: this server does not know sync_interval, so the target (at least 4, against always) cannot be judged'
  if (!always) writeNatsConfig(folder, port, '')
  const running = launch('nats-server', ['-c', `${folder}/nats.conf`])
  await listening(port, running)
  return contender(always ? 'jetstream always' : 'jetstream default', promise, running, 'anchors/nats', { port, pid: running.pid })
}

function writeNatsConfig(folder: string, port: number, sync: string): boolean {
  writeFileSync(`${folder}/nats.conf`, `listen: "127.0.0.1:${port}"\njetstream { store_dir: "${folder}/js"\n ${sync} }\n`)
  try {
    execFileSync('nats-server', ['-c', `${folder}/nats.conf`, '-t'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export async function mosquitto(): Promise<Contender | Absent> {
  if (!installed('mosquitto')) return { name: 'mosquitto', absent: 'mosquitto is not installed' }
  const port = await freePort()
  const folder = scratch()
  const lines = [`listener ${port} 127.0.0.1`, 'allow_anonymous true', 'max_inflight_messages 0', 'max_queued_messages 0', 'set_tcp_nodelay true']
  writeFileSync(`${folder}/mosquitto.conf`, `${lines.join('\n')}\n`)
  const running = launch('mosquitto', ['-c', `${folder}/mosquitto.conf`])
  await listening(port, running)
  return contender('mosquitto', 'nothing to the disk', running, 'anchors/mosquitto', { port, pid: running.pid })
}

function contender(name: string, promise: string, running: Running, script: string, input: object): Contender {
  const measure = async (rounds: Rounds) => (await run<{ levels: Level[] }>(script, { ...input, ...rounds, run: nextRun() })).levels
  const comparable = !name.endsWith('default')
  return { name, promise, comparable, measure, stop: () => running.stop() }
}

function installed(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT' // mosquitto knows no --version and ends with 1 or 3
  }
}

async function listening(port: number, running: Running): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await accepts(port)) return
    await pause(20)
  }
  throw new Error(`Nothing listens on ${port}: ${running.stderr()}`)
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
