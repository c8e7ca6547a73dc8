#!/usr/bin/env node
import { type DestinationStream, type Logger, pino } from 'pino'
import { UnfinishedRestoreError } from './backups/index.ts'
import { type Config, ConfigError, loadConfig } from './config.ts'
import { LogFile } from './log-file.ts'
import { startDaemon } from './main.ts'
import { DamagedDatabaseError, isDamage, UnwritableError } from './store/damage.ts'
import { NewerSchemaError } from './store/database.ts'
import { DatabaseInUseError } from './store/lock.ts'
import type { RegisteredTracing } from './tracing.ts'

/** EX_DATAERR, EX_UNAVAILABLE, EX_IOERR, EX_NOPERM and EX_CONFIG of sysexits.h. */
const EXIT = { damaged: 65, unavailable: 69, io: 74, unwritable: 77, config: 78 } as const

async function main(): Promise<void> {
  const config = loadConfig()
  const log = openLog(config)
  const starting = startDaemon({
    config,
    log,
    tracing: await openTracing(),
    onFatal: (error) => {
      const damaged = isDamage(error)
      if (damaged) log.error({ err: error }, 'the database is damaged: stopping')
      else log.error({ err: error }, 'COMMIT failed: stopping, to recover from the disk at the next start')
      process.exit(damaged ? EXIT.damaged : EXIT.io)
    },
  }).catch((error: unknown) => {
    if (config.log === 'file') log.fatal({ err: error }, 'could not start')
    throw error
  })
  let signalled = false
  const onSignal = (signal: NodeJS.Signals): void => {
    // The second signal does not wait; raised again without a handler, it gives an honest exit status.
    if (signalled) {
      process.removeAllListeners(signal)
      process.kill(process.pid, signal)
      return
    }
    signalled = true
    starting
      .then((daemon) => daemon.stop())
      .then(
        () => process.exit(0),
        (error: unknown) => {
          log.error({ err: error }, 'could not stop in order')
          process.exit(1)
        },
      )
  }
  process.on('SIGTERM', onSignal)
  process.on('SIGINT', onSignal)
  // From before it is ready: whoever reads that may stop it at once.
  await starting
  process.on('uncaughtException', (error) => {
    log.error({ err: error }, 'uncaught exception')
    process.exit(1)
  })
}

/** Where every copy of the OpenTelemetry API looks for what is registered. */
const TELEMETRY = Symbol.for('opentelemetry.js.api.1')

/** An SDK has registered itself before this file runs (`NODE_OPTIONS=--import`), or there is none: then not even the API is loaded. */
async function openTracing(): Promise<RegisteredTracing | undefined> {
  return TELEMETRY in globalThis ? (await import('./tracing.ts')).registeredTracing() : undefined
}

/** Written before a call returns, wherever it goes: what led to a crash is what one looks for. */
function openLog({ log, logLevel, logMaxBytes, logFiles, paths }: Config): Logger {
  const to: DestinationStream =
    log === 'file' ? new LogFile({ path: paths.log, maxBytes: logMaxBytes, keep: logFiles }) : pino.destination({ fd: 1, sync: true })
  return pino({ level: logLevel, base: { pid: process.pid }, redact: ['token', '*.token', 'authorization'] }, to)
}

main().catch((error: NodeJS.ErrnoException) => {
  process.stderr.write(`muster: ${error.message}\n`)
  process.exit(exitOf(error))
})

function exitOf(error: NodeJS.ErrnoException): number {
  if (error instanceof DamagedDatabaseError || error instanceof UnfinishedRestoreError) return EXIT.damaged
  if (error instanceof ConfigError || error instanceof NewerSchemaError) return EXIT.config
  if (error instanceof UnwritableError) return EXIT.unwritable
  return error.code === 'EADDRINUSE' || error instanceof DatabaseInUseError ? EXIT.unavailable : 1
}
