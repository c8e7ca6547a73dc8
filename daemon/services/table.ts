import { readDashboardFile } from '../../src/dashboard-files.ts'
import { baseUrlOf } from '../../src/forges.ts'
import type { DaemonSettings } from '../../src/settings.ts'
import { parseDuration } from '../../src/time.ts'

/** A program of ours that the daemon runs beside itself. */
export interface Service {
  /** Of its peer. */
  readonly description: string
  /** Below `client/`, without the ending. */
  readonly program: string
  /** What it is told of the settings; `undefined` where they leave it nothing to do. */
  readonly settings: (settings: DaemonSettings) => object | undefined
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
    variables: ({ forges }) => forges.flatMap(({ token }) => (token && 'variable' in token ? [token.variable] : [])),
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

export type ServiceName = keyof typeof SERVICES
export const SERVICE_NAMES = Object.keys(SERVICES) as readonly ServiceName[]
