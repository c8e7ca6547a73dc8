import type { Logger } from 'pino'
import { isSet } from '../src/channel-settings.ts'
import { formatTime, parseDuration } from '../src/time.ts'
import { ContentFolder } from './artifacts/index.ts'
import { backUpInProcess, refuseUnfinishedRestore } from './backups/index.ts'
import { pushKeyIn } from './channels/push-key.ts'
import { type Clock, type RandomBytes, systemClock, systemRandom } from './clock.ts'
import type { Config } from './config.ts'
import { type Core, createCore } from './core.ts'
import { createHttp } from './gateway/http.ts'
import { renderMetrics } from './gateway/metrics.ts'
import type { TlsListener } from './gateway/tls.ts'
import { ensureLocalTokens, writeDaemonFile } from './local-files.ts'
import { WorkerScans } from './scans/pool.ts'
import { launchProcess } from './services/index.ts'
import type { RegisteredTracing } from './tracing.ts'
import { packageVersion } from './version.ts'

export interface DaemonOptions {
  readonly config: Config
  readonly log: Pick<Logger, 'info' | 'warn' | 'error' | 'debug'>
  readonly clock?: Clock
  readonly random?: RandomBytes
  /** COMMIT failed with an I/O error; what is on the disk is unknown. */
  readonly onFatal: (error: unknown) => void
  /** Where an SDK of OpenTelemetry is registered. */
  readonly tracing?: RegisteredTracing | undefined
}

export interface Daemon {
  readonly url: string
  readonly port: number
  /** Where it listens with TLS, if it does. */
  readonly tlsPort: number | undefined
  readonly core: Core
  /** Orderly and idempotent: stops accepting, tells the clients, commits what is queued, closes the database. */
  stop(): Promise<void>
}

/** Starts the daemon: database, tokens, door, and last the file by which programs find it. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, log, clock = systemClock, random = systemRandom } = options
  const version = packageVersion()
  const { artifacts, database, daemonFile } = config.paths
  refuseUnfinishedRestore(config.paths.data)
  const onScanFailed = (error: unknown) => {
    log.error({ err: error }, 'a scan failed')
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CORRUPT')) core.distrustIndex()
  }
  const scans = new WorkerScans({ path: database, clock, onUnexpected: onScanFailed })
  const core = createCore({
    ...config,
    channels: {
      telegram: isSet(config.telegram),
      ntfy: isSet(config.ntfy),
      webhooks: config.webhooks.map(({ name }) => name),
      pushHosts: config.pushHosts,
      pushKey: () => pushKeyIn(config.paths.pushKey),
    },
    keeping: { eventMs: parseDuration(config.keepEvents) as number, closedThreadMs: parseDuration(config.keepThreads) as number },
    artifacts,
    backupWriter: backUpInProcess,
    path: database,
    files: new ContentFolder(artifacts),
    scans,
    version,
    clock,
    random,
    // Asked for when a schedule names none: the first look loads the tables of all zones.
    get zone() {
      return new Intl.DateTimeFormat().resolvedOptions().timeZone
    },
    log,
    onFatal: options.onFatal,
    tracing: options.tracing,
  })
  const { begunBecause } = core.store
  if (begunBecause !== undefined && begunBecause !== 'created') {
    log.warn({ incarnation: core.store.tag, reason: begunBecause }, 'another life of the database begins: ids stay, event cursors have expired')
  }
  const startedAt = clock.monoMs()
  let ready = false
  const { app: http, loadDoor } = createHttp({
    deps: core.gateway,
    version,
    random,
    allowedHosts: [...config.allowedHosts, ...hostOf(config.publicUrl)],
    trustedProxy: config.trustedProxy,
    ready: () => ready && !core.pipeline.readOnly,
    metrics: () => renderMetrics({ ...core, status: core.status, inFlight: core.inFlight, uptimeSeconds: () => (clock.monoMs() - startedAt) / 1000 }),
  })
  let tls: TlsListener | undefined
  let removeDaemonFile = (): void => undefined
  try {
    await core.start()
    await ensureLocalTokens(core, config.paths, random)
    await http.listen({ host: config.host, port: config.port })
    if (config.tlsCert !== '') tls = await (await import('./gateway/tls.ts')).listenWithTls(http, config)
    // Alive from here on, and ready when it can be spoken to.
    await loadDoor()
  } catch (error) {
    await tls?.close()
    await http.close()
    core.stop()
    throw error
  }
  const address = http.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const url = localUrl(config.host, port)
  removeDaemonFile = writeDaemonFile(daemonFile, { pid: process.pid, url, startedAt: formatTime(clock.wallMs()), version })
  ready = true
  await core.services.start({
    url,
    settings: config,
    environment: config.environment,
    folder: `${config.paths.state}/services`,
    pushKey: config.paths.pushKey,
    launch: launchProcess,
  })
  log.info({ url, version, node: config.node, incarnation: core.store.tag, durability: config.durability }, 'ready')
  if (tls) log.info({ host: config.tlsHost, port: tls.port }, 'listening with TLS')

  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    ready = false
    removeDaemonFile()
    log.info('stopping')
    await core.services.stop()
    await scans.close()
    core.stop()
    await tls?.close()
    await http.close()
    await options.tracing?.flush()
    log.info('stopped')
  }
  return {
    url,
    port,
    tlsPort: tls?.port,
    core,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

function hostOf(url: string): string[] {
  return url === '' ? [] : [new URL(url).hostname]
}

/** Where programs on this machine reach it: an address that stands for all of them is none to connect to. */
export function localUrl(host: string, port: number): string {
  const address = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}
