import type { MusterPaths } from '../../src/paths.ts'
import { type DaemonAddress, findAddress, hostSuffix, toHttpUrl } from '../local/endpoint.ts'
import type { Flags } from './arguments.ts'
import type { Environment } from './environment.ts'
import { CliError, usageError } from './failure.ts'
import { configured } from './settings/configured.ts'

/** `--url`, then MUSTER_URL, then the user's settings, then daemon.json. */
export function daemonAddress(flags: Flags, environment: Environment): DaemonAddress {
  const { env, paths } = environment
  const given = flags.text('url') ?? (env['MUSTER_URL'] || configured('url', environment))
  const address = findAddress(paths, given === undefined ? undefined : httpUrl(given))
  if (!address) throw notRunning()
  return address
}

export function notRunning(): CliError {
  return new CliError('not_running', 'the daemon is not running', { hint: 'muster up starts it.' })
}

/** Where the credential of a peer is kept. */
export function credentialFile(paths: MusterPaths, address: DaemonAddress, name: string): string {
  return paths.peerToken(`${name}${hostSuffix(address)}`)
}

function httpUrl(given: string): string {
  const url = toHttpUrl(given)
  if (url === undefined) throw usageError(`"${given}" is no address of a daemon`, 'Expected a URL like http://127.0.0.1:6878.')
  const { username, password } = new URL(given)
  if (username || password) throw usageError('a URL may not carry a credential', 'Put the token into MUSTER_TOKEN.')
  return url
}
