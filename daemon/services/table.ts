import { readDashboardFile } from '../../src/dashboard-files.ts'
import { baseUrlOf } from '../../src/forges.ts'
import type { SecretReference } from '../../src/references.ts'
import type { DaemonSettings } from '../../src/settings.ts'
import { parseDuration } from '../../src/time.ts'

/** Files of the daemon that a service needs. */
export interface ServiceFiles {
  /** The keys by which push services know this node. */
  readonly pushKey: string
}

/** A program of ours that the daemon runs beside itself. */
export interface Service {
  /** Of its peer. */
  readonly description: string
  /** Below `client/`, without the ending. */
  readonly program: string
  /** What it is told of the settings; `undefined` where they leave it nothing to do. */
  readonly settings: (settings: DaemonSettings, files: ServiceFiles) => object | undefined
  /** Variables that it needs beyond those that every program does. */
  readonly variables: (settings: DaemonSettings) => readonly string[]
}

/** All of them: an entry here is what another one takes. Its peer is called `muster-<name>`. */
export const SERVICES = {
  observer: {
    description: 'Looks at forges and git repositories for reviews; reads no mail',
    program: 'observer/main',
    settings({ forges, repositories, observeEvery }) {
      if (forges.length === 0 && repositories.length === 0) return undefined
      return { forges: forges.map((forge) => ({ ...forge, baseUrl: baseUrlOf(forge) })), repositories, everyMs: parseDuration(observeEvery) }
    },
    variables: ({ forges }) => forges.flatMap(({ token }) => variableOf(token)),
  },
  channels: {
    description: 'Tells people what needs them, away from the dashboard; reads no mail',
    program: 'channels/main',
    settings({ telegram, ntfy, webhooks, publicUrl }, { pushKey }) {
      return { push: { keys: pushKey, contact: publicUrl }, telegram, ntfy, webhooks, publicUrl }
    },
    variables: ({ telegram, ntfy, webhooks }) => [telegram.token, ntfy.token, ...webhooks.map(({ secret }) => secret)].flatMap(variableOf),
  },
  views: {
    description: 'Writes dashboard files and tells orchestrators what people note in them; reads no mail',
    program: 'views/main',
    settings({ dashboardFiles }) {
      return dashboardFiles.length === 0 ? undefined : { files: dashboardFiles.map(readDashboardFile) }
    },
    variables: () => [],
  },
} as const satisfies Readonly<Record<string, Service>>

function variableOf(reference: SecretReference | undefined): string[] {
  return reference && 'variable' in reference ? [reference.variable] : []
}

export type ServiceName = keyof typeof SERVICES
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[]
/** Those that are started when there is something to do, which the settings do not tell. */
export type OnDemand = 'channels'
