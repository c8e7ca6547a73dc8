import { codex } from '../agents/codex.ts'
import { bridgeArgv } from '../agents/install/hook-content.ts'
import type { MusterCommand } from '../agents/install/muster-command.ts'
import { SERVER_NAME } from '../agents/install/target.ts'

/** What the bridge needs to find daemon and peer. Only their names are on the command line: one of them is a secret. */
const HANDED_ON = ['MUSTER_AS', 'MUSTER_URL', 'MUSTER_TOKEN']
/** Codex gives up on a server after 10 s, which a busy machine may need to start one. */
const STARTUP_TIMEOUT_SEC = 60

/**
 * The Muster tools as settings of one app-server, whether they are installed or not: under the name that `muster install` uses,
 * so that a model has them once.
 */
export function musterTools(muster: MusterCommand): string[] {
  const [command, ...args] = bridgeArgv(codex, muster)
  const env = Object.entries(muster.env).map(([name, value]) => `${JSON.stringify(name)}=${JSON.stringify(value)}`)
  // A string of JSON is a basic string of TOML.
  const table = [
    `command=${JSON.stringify(command)}`,
    `args=${JSON.stringify(args)}`,
    `env={${env.join(',')}}`,
    `env_vars=${JSON.stringify(HANDED_ON)}`,
    `startup_timeout_sec=${STARTUP_TIMEOUT_SEC}`,
  ]
  return [`mcp_servers.${SERVER_NAME}={${table.join(',')}}`]
}
