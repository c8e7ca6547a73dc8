import type { MusterPaths } from '../../src/paths.ts'
import { WS_PATH } from '../../src/rpc.ts'
import type { Flags } from './arguments.ts'
import { readDaemonFile } from './daemon-file.ts'
import type { Environment } from './environment.ts'
import { CliError, usageError } from './failure.ts'

/** Which daemon a command speaks to. */
export interface DaemonAddress {
  /** http or https. */
  readonly url: string
  /** It is the daemon of this user's files, so that the tokens in them are for it. */
  readonly local: boolean
}

/** `--url`, then MUSTER_URL, then daemon.json. */
export function daemonAddress(flags: Flags, { env, paths }: Environment): DaemonAddress {
  const given = flags.text('url') ?? (env['MUSTER_URL'] || undefined)
  const file = readDaemonFile(paths)
  if (given === undefined) {
    if (!file) throw notRunning()
    return { url: file.url, local: true }
  }
  const url = httpUrl(given)
  return { url, local: file !== undefined && origin(file.url) === origin(url) }
}

export function notRunning(): CliError {
  return new CliError('not_running', 'the daemon is not running', { hint: 'muster up starts it.' })
}

export function wsUrl(url: string): string {
  const address = new URL(url)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  // A path before ours stays, for daemons behind a proxy.
  address.pathname = `${address.pathname.replace(/\/$/, '')}${WS_PATH}`
  return address.href
}

/** Where the credential of a peer is kept: each daemon has its own, since a token sent elsewhere is given away. */
export function credentialFile(paths: MusterPaths, { url, local }: DaemonAddress, name: string): string {
  return paths.peerToken(local ? name : `${name}@${new URL(url).host.replace(':', '_')}`)
}

/** Where the local daemon is now: it may have come back on another port since the command began. */
export function currentUrl(paths: MusterPaths, before: string): string {
  return readDaemonFile(paths)?.url ?? before
}

function httpUrl(given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined
  const protocol = url && { 'http:': 'http:', 'https:': 'https:', 'ws:': 'http:', 'wss:': 'https:' }[url.protocol]
  if (!url || !protocol) throw usageError(`"${given}" is no address of a daemon`, 'Expected a URL like http://127.0.0.1:6878.')
  if (url.username || url.password) throw usageError('a URL may not carry a credential', 'Put the token into MUSTER_TOKEN.')
  const path = url.pathname.replace(/\/$/, '')
  return `${protocol}//${url.host}${path.endsWith(WS_PATH) ? path.slice(0, -WS_PATH.length) : path}`
}

/** Two spellings of this machine's loopback address count as one. */
function origin(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  return `${protocol}//${hostname === 'localhost' || hostname === '[::1]' ? '127.0.0.1' : hostname}:${port}`
}
