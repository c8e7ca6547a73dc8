import type { MusterPaths } from '../../src/paths.ts'
import { WS_PATH } from '../../src/rpc.ts'
import { readDaemonFile } from './daemon-file.ts'

/** Which daemon a program speaks to. */
export interface DaemonAddress {
  /** http or https. */
  readonly url: string
  /** It is the daemon of this user's files, so that the tokens in them are for it. */
  readonly local: boolean
}

/** The address that was given, or the one in daemon.json; `undefined` where there is neither. */
export function findAddress(paths: MusterPaths, given: string | undefined): DaemonAddress | undefined {
  const file = readDaemonFile(paths)
  if (given === undefined) return file && { url: file.url, local: true }
  return { url: given, local: file !== undefined && origin(file.url) === origin(given) }
}

/** The form in which addresses are kept, from one that a person wrote; `undefined` where it is none. */
export function toHttpUrl(given: string): string | undefined {
  const url = URL.canParse(given) ? new URL(given) : undefined
  const protocol = url && { 'http:': 'http:', 'https:': 'https:', 'ws:': 'http:', 'wss:': 'https:' }[url.protocol]
  if (!url || !protocol) return undefined
  const path = url.pathname.replace(/\/$/, '')
  return `${protocol}//${url.host}${path.endsWith(WS_PATH) ? path.slice(0, -WS_PATH.length) : path}`
}

export function wsUrl(url: string): string {
  const address = new URL(url)
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:'
  // A path before ours stays, for daemons behind a proxy.
  address.pathname = `${address.pathname.replace(/\/$/, '')}${WS_PATH}`
  return address.href
}

/** What distinguishes the files that belong to this daemon: each has its own, since a token sent elsewhere is given away. */
export function hostSuffix({ url, local }: DaemonAddress): string {
  return local ? '' : `@${new URL(url).host.replace(':', '_')}`
}

/** Where the local daemon is now: it may have come back on another port since. */
export function currentUrl(paths: MusterPaths, before: string): string {
  return readDaemonFile(paths)?.url ?? before
}

/** Two spellings of this machine's loopback address count as one. */
function origin(url: string): string {
  const { protocol, hostname, port } = new URL(url)
  return `${protocol}//${hostname === 'localhost' || hostname === '[::1]' ? '127.0.0.1' : hostname}:${port}`
}
