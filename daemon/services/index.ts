import { mkdirSync } from 'node:fs'
import type { Logger } from 'pino'
import type { DaemonSettings } from '../../src/settings.ts'
import type { Clock, RandomBytes } from '../clock.ts'
import { type CredentialDeps, credentialOfService, endService } from '../peers/index.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Launch } from './child.ts'
import { environmentOf } from './environment.ts'
import { ProcessRecord } from './record.ts'
import { type ServiceStatus, Supervisor } from './supervisor.ts'
import { SERVICE_NAMES, SERVICES, type Service, type ServiceName } from './table.ts'

export { launchProcess } from './child.ts'
export type { ServiceStatus } from './supervisor.ts'

export interface ServicesOptions {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly pipeline: Pipeline
  readonly disconnect: CredentialDeps['disconnect']
}

/** What a running daemon gives its services. */
export interface ServicesPlace {
  readonly url: string
  readonly settings: DaemonSettings
  /** Of the environment what any of them may get. */
  readonly environment: Readonly<Record<string, string>>
  /** For their records, and in which they run. */
  readonly folder: string
  readonly launch: Launch
}

/** The programs of ours that run beside the daemon, each as a peer of role `service`. */
export class Services {
  readonly #options: ServicesOptions
  #supervisors: readonly Supervisor[] = []

  constructor(options: ServicesOptions) {
    this.#options = options
  }

  /** Starts those that the settings have something to do for, once their door is open, and ends the credentials of the others. */
  async start(place: ServicesPlace): Promise<void> {
    const idle = SERVICE_NAMES.filter((name) => SERVICES[name].settings(place.settings) === undefined)
    await this.#options.pipeline
      .execute((tx) => {
        for (const name of idle) endService(tx, this.#options, name)
      })
      // A full disk: they are tried again, and the daemon does without them.
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'a service could not be started'))
    mkdirSync(place.folder, { recursive: true, mode: 0o700 })
    this.#supervisors = SERVICE_NAMES.filter((name) => !idle.includes(name)).map((name) => this.#supervisor(name, place))
    for (const supervisor of this.#supervisors) supervisor.start()
  }

  /** Resolves when none of their processes is left. */
  async stop(): Promise<void> {
    await Promise.all(this.#supervisors.map((supervisor) => supervisor.stop()))
  }

  status(): readonly ServiceStatus[] {
    return this.#supervisors.map(({ status }) => status)
  }

  #supervisor(name: ServiceName, { url, settings, environment, folder, launch }: ServicesPlace): Supervisor {
    const { clock, random, log, pipeline } = this.#options
    const service: Service = SERVICES[name]
    const env = environmentOf(service, environment, settings)
    return new Supervisor({
      name,
      clock,
      random,
      log,
      record: new ProcessRecord(folder, name),
      launch: (onLine) => launch({ program: service.program, cwd: folder, env, onLine }),
      hello: async () => {
        const { token } = await pipeline.execute((tx) => credentialOfService(tx, this.#options, name, service.description))
        return JSON.stringify({ v: 1, service: name, url, token, settings: service.settings(settings) })
      },
      endCredential: async () => await pipeline.execute((tx) => endService(tx, this.#options, name)),
    })
  }
}
