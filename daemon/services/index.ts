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
import { type OnDemand, SERVICE_NAMES, SERVICES, type Service, type ServiceFiles, type ServiceName } from './table.ts'

export { launchProcess } from './child.ts'
export type { ServiceStatus } from './supervisor.ts'

export interface ServicesOptions {
  readonly clock: Clock
  readonly random: RandomBytes
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>
  readonly pipeline: Pipeline
  readonly disconnect: CredentialDeps['disconnect']
  /** Whether there is anything to do for a service of which the settings alone do not tell. */
  readonly isNeeded: Readonly<Record<OnDemand, () => boolean>>
}

/** What a running daemon gives its services. */
export interface ServicesPlace extends ServiceFiles {
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
  readonly #supervisors = new Map<ServiceName, Supervisor>()
  /** While they may be started. */
  #place: ServicesPlace | undefined

  constructor(options: ServicesOptions) {
    this.#options = options
  }

  /** Starts those for which there is something to do, once their door is open, and ends the credentials of the others. */
  async start(place: ServicesPlace): Promise<void> {
    const idle = SERVICE_NAMES.filter(
      (name) => SERVICES[name].settings(place.settings, place) === undefined || !(this.#options.isNeeded[name as OnDemand]?.() ?? true),
    )
    await this.#options.pipeline
      .execute((tx) => {
        for (const name of idle) endService(tx, this.#options, name)
      })
      // A full disk: they are tried again, and the daemon does without them.
      .catch((error: unknown) => this.#options.log.error({ err: error }, 'a service could not be started'))
    mkdirSync(place.folder, { recursive: true, mode: 0o700 })
    this.#place = place
    for (const name of SERVICE_NAMES) if (!idle.includes(name)) this.#run(name, place)
  }

  /** There is something to do now for a service that may not have been started. */
  need(name: OnDemand): void {
    if (this.#place) this.#run(name, this.#place)
  }

  /** Resolves when none of their processes is left. */
  async stop(): Promise<void> {
    this.#place = undefined
    await Promise.all([...this.#supervisors.values()].map((supervisor) => supervisor.stop()))
  }

  status(): readonly ServiceStatus[] {
    return [...this.#supervisors.values()].map(({ status }) => status)
  }

  #run(name: ServiceName, place: ServicesPlace): void {
    if (this.#supervisors.has(name)) return
    const supervisor = this.#supervisor(name, place)
    this.#supervisors.set(name, supervisor)
    supervisor.start()
  }

  #supervisor(name: ServiceName, place: ServicesPlace): Supervisor {
    const { url, settings, environment, folder, launch } = place
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
        return JSON.stringify({ v: 1, service: name, url, token, settings: service.settings(settings, place) })
      },
      endCredential: async () => await pipeline.execute((tx) => endService(tx, this.#options, name)),
    })
  }
}
