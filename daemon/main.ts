import { readFileSync } from 'node:fs'
import type { Logger } from 'pino'
import { formatTime } from '../src/time.ts'
import { ContentFolder } from './artifacts/index.ts'
import { type Clock, type RandomBytes, systemClock, systemRandom } from './clock.ts'
import type { Config } from './config.ts'
import { type Core, createCore } from './core.ts'
import { createHttp } from './gateway/http.ts'
import { renderMetrics } from './gateway/metrics.ts'
import { ensureLocalTokens, writeDaemonFile } from './local-files.ts'
import { WorkerScans } from './scans/pool.ts'
import type { RegisteredTracing } from './tracing.ts'

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
  readonly core: Core
  /** Orderly and idempotent: stops accepting, tells the clients, commits what is queued, closes the database. */
  stop(): Promise<void>
}

/** Starts the daemon: database, tokens, door, and last the file by which programs find it. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { config, log, clock = systemClock, random = systemRandom } = options
  const version = packageVersion()
  const { artifacts, database, daemonFile } = config.paths
  const onScanFailed = (error: unknown) => {
    log.error({ err: error }, 'a scan failed')
    if (error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_CORRUPT')) core.distrustIndex()
  }
  const scans = new WorkerScans({ path: database, clock, onUnexpected: onScanFailed })
  const files = new ContentFolder(artifacts)
  const core = createCore({ ...config, path: database, files, scans, version, clock, random, log, onFatal: options.onFatal, tracing: options.tracing })
  const startedAt = clock.monoMs()
  let ready = false
  const http = createHttp({
    deps: core.gateway,
    version,
    random,
    allowedHosts: config.allowedHosts,
    ready: () => ready && !core.pipeline.readOnly,
    metrics: () => renderMetrics({ ...core, status: core.status, inFlight: core.inFlight, uptimeSeconds: () => (clock.monoMs() - startedAt) / 1000 }),
  })
  let removeDaemonFile = (): void => undefined
  try {
    await core.start()
    await ensureLocalTokens(core, config.paths, random)
    await http.listen({ host: config.host, port: config.port })
  } catch (error) {
    await http.close()
    core.stop()
    throw error
  }
  const address = http.server.address()
  const port = typeof address === 'object' && address !== null ? address.port : config.port
  const url = localUrl(config.host, port)
  removeDaemonFile = writeDaemonFile(daemonFile, { pid: process.pid, url, startedAt: formatTime(clock.wallMs()), version })
  ready = true
  log.info({ url, version, node: config.node, incarnation: core.store.tag, durability: config.durability }, 'ready')

  let stopping: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    ready = false
    removeDaemonFile()
    log.info('stopping')
    await scans.close()
    core.stop()
    await http.close()
    await options.tracing?.flush()
    log.info('stopped')
  }
  return {
    url,
    port,
    core,
    stop: () => {
      stopping ??= stop()
      return stopping
    },
  }
}

/** Where programs on this machine reach it: an address that stands for all of them is none to connect to. */
export function localUrl(host: string, port: number): string {
  const address = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** The nearest package.json upwards: one level in the sources, two in the build. */
function packageVersion(): string {
  for (const up of ['..', '../..']) {
    try {
      const { name, version } = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8')) as { name: string; version: string }
      if (name === 'muster') return version
    } catch {
      // Not at this level.
    }
  }
  return '0.0.0'
}
