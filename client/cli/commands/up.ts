import { type DaemonFile, readDaemonFile, removeStaleDaemonFile } from '../../local/daemon-file.ts'
import { expectWords } from '../arguments.ts'
import type { Command, Invocation } from '../command.ts'
import { type DaemonSearch, findDaemon } from '../daemon-search.ts'
import { type DaemonEnd, mayHaveRival, type SpawnedDaemon, spawnDaemon, startFailure } from '../daemon-start.ts'
import type { Environment } from '../environment.ts'
import { EXIT } from '../exit-codes.ts'
import { CliError } from '../failure.ts'
import { askHealth, isReady } from '../health.ts'
import { poll } from '../poll.ts'

const READY_WITHIN_MS = 30_000
/** From opening its database to writing its daemon.json, a daemon takes well under a second. */
const RIVAL_WITHIN_MS = 3_000

export const command: Command = {
  usage: ['up [--port <port>] [--host <address>]'],
  about: [
    'Starts the daemon in the background and returns when it is ready. Where it runs already, says so: that is no failure.',
    'A daemon.json that a dead daemon left behind is removed.',
  ],
  flags: {
    port: { type: 'string', value: 'port', summary: 'Listen here (MUSTER_PORT; 6878); 0 takes any free port' },
    host: { type: 'string', value: 'address', summary: 'Listen on this address (MUSTER_HOST; 127.0.0.1)' },
    timeout: { type: 'string', value: 'duration', summary: 'How long to wait until it is ready (30s)' },
  },
  examples: [
    ['muster up', 'start it on 127.0.0.1:6878'],
    ['muster up --port 7000', 'start it on another port'],
    ['MUSTER_HOME=$PWD/.muster muster up --port 0', 'one of its own for this folder'],
  ],
  run: up,
}

async function up({ flags, words, out, environment }: Invocation): Promise<number> {
  expectWords(words, [], 'up [flags]')
  const port = flags.count('port', { min: 0, max: 65_535 })
  const host = flags.text('host')
  const timeoutMs = flags.duration('timeout') ?? READY_WITHIN_MS
  const before = await settled(environment, timeoutMs)
  const settings = { ...(port === undefined ? {} : { MUSTER_PORT: String(port) }), ...(host === undefined ? {} : { MUSTER_HOST: host }) }
  const ready = before ?? (await start(environment, settings, timeoutMs))
  const { pid, url, version, startedAt } = ready.file
  const state = ready.started ? 'started' : 'running'
  if (out.json) out.document({ state, pid, url, version, startedAt, log: environment.paths.log })
  else out.line(`Muster ${version} ${ready.started ? 'runs' : 'is running already'} at ${url} (pid ${pid}).`)
  if (out.json) return EXIT.ok
  if (port && !url.endsWith(`:${port}`)) out.note(`It stays on its port; to move it: muster down && muster up --port ${port}`)
  out.note(`The dashboard is at ${url}; muster pair lets a browser or a phone in.`)
  out.note('Next: muster peers, muster status, muster ask <peer> "…", muster down. Its log: muster logs')
  return EXIT.ok
}

interface Ready {
  readonly file: DaemonFile
  readonly started: boolean
}

/** The daemon that runs already; `undefined` where one may be started, after what a dead one left behind was removed. */
async function settled({ paths }: Environment, timeoutMs: number): Promise<Ready | undefined> {
  let found: DaemonSearch = await findDaemon(paths)
  if (found.kind === 'silent') {
    // It may be starting or stopping at this moment.
    found = (await poll(async () => notSilent(await findDaemon(paths)), timeoutMs)) ?? found
  }
  switch (found.kind) {
    case 'none':
      return undefined
    case 'stale':
      removeStaleDaemonFile(paths, found.file.pid)
      return undefined
    case 'running':
      return { file: found.file, started: false }
    case 'silent':
      throw new CliError('daemon_silent', `pid ${found.file.pid} looks like the daemon but does not answer at ${found.file.url}`, {
        hint: `muster logs may say why; kill ${found.file.pid} ends it.`,
      })
  }
}

function notSilent(found: DaemonSearch): DaemonSearch | undefined {
  return found.kind === 'silent' ? undefined : found
}

async function start(environment: Environment, settings: Readonly<Record<string, string>>, timeoutMs: number): Promise<Ready> {
  const daemon = spawnDaemon(environment, settings)
  const outcome = await poll(async () => (await readiness(environment, daemon)) ?? daemon.ended(), timeoutMs)
  if (outcome === undefined) {
    throw new CliError('not_ready', `the daemon (pid ${daemon.pid}) is not ready yet`, {
      hint: 'muster status says when it is; muster logs shows what it does.',
    })
  }
  if ('file' in outcome) return outcome
  const other = await winner(environment, daemon, outcome)
  if (other) return other
  throw await startFailure(daemon, outcome)
}

/** Two `muster up` at once: the daemon of the other one may be about to write its daemon.json. */
async function winner({ paths }: Environment, daemon: SpawnedDaemon, end: DaemonEnd): Promise<Ready | undefined> {
  const withinMs = (await mayHaveRival(daemon, end)) ? RIVAL_WITHIN_MS : 0
  const found = await poll(async () => running(await findDaemon(paths)), withinMs)
  return found && { file: found.file, started: false }
}

function running(found: DaemonSearch): Extract<DaemonSearch, { kind: 'running' }> | undefined {
  return found.kind === 'running' ? found : undefined
}

async function readiness({ paths }: Environment, daemon: SpawnedDaemon): Promise<Ready | undefined> {
  const file = readDaemonFile(paths)
  if (file?.pid !== daemon.pid) return undefined
  const health = await askHealth(file.url)
  return health?.pid === daemon.pid && (await isReady(file.url)) ? { file, started: true } : undefined
}
