import type { HelloInput } from '../src/contract/index.ts'
import { PROTOCOL, WS_PATH } from '../src/rpc.ts'
import { type Bounds, bounded } from './bounded.ts'
import { createKeys } from './calls.ts'
import { ClientError } from './client-error.ts'
import type { Handlers } from './handlers.ts'
import { MusterPeer, type Platform } from './peer.ts'
import type { TokenSource } from './tokens.ts'

export interface ConnectOptions extends Handlers, Bounds {
  /** Where the daemon listens, `http(s)` or `ws(s)`. A function is asked before each connection. */
  readonly url?: string | (() => string | Promise<string>)
  /** A peer's own token, or the administrator's (with `consume: false`). */
  readonly token?: string
  /** What the peer is able to do, for `cap:` addresses. A resumed peer that has learned something says so. */
  readonly capabilities?: string[]
  /** One line for the muster roll. */
  readonly description?: string
  /** Whether this connection takes what the mailbox holds, replacing one that did. Without it only calls are made. @default true */
  readonly consume?: boolean
  /** Deliveries handled at a time. @default 32 */
  readonly prefetch?: number
  /** Name and version of the program, for the daemon's log. */
  readonly client?: string
  /** How long the first connection may take; 0: a single try; `Infinity`: until the daemon is there. @default 30_000 (30 seconds) */
  readonly timeoutMs?: number
  /** Gives up connecting. It means nothing once connected. */
  readonly signal?: AbortSignal
  /** How long a call waits for its answer, reconnects included. @default 30_000 (30 seconds) */
  readonly callTimeoutMs?: number
  /** Replaces parts of the platform, for tests and simulations. */
  readonly platform?: Partial<Platform>
}

/** How this program connects, whatever the token. */
export interface Session {
  readonly platform: Platform
  readonly url: () => Promise<string>
  readonly hello: HelloInput
  readonly newKey: () => string
}

/** What an entry of the SDK knows without being told. */
export interface Defaults {
  readonly platform: Platform
  readonly url: () => string | Promise<string>
  readonly credentials: (session: Session) => TokenSource
}

const PATIENCE_MS = 30_000
const PREFETCH = 32

/** Joins or resumes as a peer. Resolves when the daemon has greeted it. */
export async function connectWith(options: ConnectOptions, defaults: Defaults): Promise<MusterPeer> {
  const peer = createPeer(options, defaults)
  await online(peer, options, { ...defaults.platform, ...options.platform })
  await describe(peer, options)
  return peer
}

/** A peer that has not begun to connect. */
export function createPeer(options: ConnectOptions, defaults: Defaults): MusterPeer {
  const platform = { ...defaults.platform, ...options.platform }
  const newKey = createKeys(platform.random)
  const { url: given = defaults.url, prefetch = PREFETCH, callTimeoutMs = PATIENCE_MS } = options
  const url = async (): Promise<string> => toEndpoint(typeof given === 'string' ? given : await given())
  const hello = { protocol: PROTOCOL, client: options.client ?? 'muster-sdk', consume: options.consume ?? true, prefetch }
  const credentials = defaults.credentials({ platform, url, hello, newKey })
  return new MusterPeer({ platform, url, credentials, hello, handlers: options, callTimeoutMs, newKey })
}

/** Ends with the first connection, or with the reason why there is none. */
async function online(peer: MusterPeer, { timeoutMs = PATIENCE_MS, signal }: Bounds, { clock }: Platform): Promise<void> {
  let last: Error | undefined
  try {
    await bounded<void>(clock, { timeoutMs: timeoutMs || undefined, signal }, (resolve, reject) => {
      const off = peer.on('status', (status) => {
        if (status.state === 'online') resolve()
        else if ('error' in status) {
          last = status.error
          if (status.state === 'closed' || timeoutMs === 0) reject(last)
        }
      })
      peer.start()
      return off
    })
  } catch (error) {
    await peer.close()
    throw error instanceof ClientError && error.code === 'timeout' ? (last ?? error) : error
  }
}

/** A resumed peer may have learned something since it registered. */
async function describe(peer: MusterPeer, options: ConnectOptions): Promise<void> {
  const { you } = peer.hello
  if (you.kind !== 'peer') return
  const { description, capabilities } = { ...you.peer, ...options }
  const said = `${description}${[...capabilities].sort()}`
  if (said !== `${you.peer.description}${[...you.peer.capabilities].sort()}`) await peer.call('peers.describe', { description, capabilities })
}

/** The daemon's WebSocket door; a path before it is kept, for daemons behind a proxy. */
function toEndpoint(url: string): string {
  return url.replace(/^http/, 'ws').replace(/\/*$/, WS_PATH)
}
