import type { DaemonSettings } from '../../src/settings.ts'
import { SERVICE_NAMES, SERVICES, type Service } from './table.ts'

type Environment = Readonly<Record<string, string>>

/** What every program needs to run, and to call what stands behind a certificate or below the home folder. */
const USUAL = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR', 'XDG_CONFIG_HOME', 'NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'] as const

/** The part of an environment that any of the services may get. */
export function environmentOfServices(env: Readonly<Record<string, string | undefined>>, settings: DaemonSettings): Environment {
  return pick(env, [...USUAL, ...SERVICE_NAMES.flatMap((name) => SERVICES[name].variables(settings))])
}

/** What one of them gets. */
export function environmentOf(service: Service, environment: Environment, settings: DaemonSettings): Environment {
  return pick(environment, [...USUAL, ...service.variables(settings)])
}

function pick(env: Readonly<Record<string, string | undefined>>, names: readonly string[]): Environment {
  return Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])))
}
