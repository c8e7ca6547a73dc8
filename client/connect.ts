import type { HelloInput } from '../src/contract/index.ts'
import { PROTOCOL, WS_PATH } from '../src/rpc.ts'
import { type Bounds, bounded } from './bounded.ts'
import { createKeys } from './calls.ts'
import { ClientError } from './client-error.ts'
import { type CredentialStore, Credentials, type Registration } from './credentials.ts'
import type { Handlers } from './handlers.ts'
import { register } from './join.ts'
import { MusterPeer, type Platform } from './peer.ts'

export interface ConnectOptions extends Handlers, Bounds, Omit<Registration, 'name'> {
  /** Where the daemon listens, `http(s)` or `ws(s)`. A function is asked before each connection. */
  readonly url?: string | (() => string | Promise<string>)
  /** The peer's name, for its first join and to find its credential. */
  readonly name?: string
  /** A peer's own token, or the administrator's (with `consume: false`). Without it, `credentials` and then `enrolment` are used. */
  readonly token?: string
  /** Lets a peer register that has no credential yet. */
  readonly enrolment?: string
  readonly credentials?: CredentialStore
  /** Whether this connection takes what the mailbox holds, replacing one that did. Without it only calls are made. @default true (false in `pull` mode) */
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

/** What an entry of the SDK knows without being told. */
export interface Defaults {
  readonly platform: Platform
  readonly url: () => string | Promise<string>
  readonly credentials?: CredentialStore | undefined
  readonly enrolment: () => Promise<string | undefined>
}

const PATIENCE_MS = 30_000
const PREFETCH = 32

/** Joins or resumes as a peer. Resolves when the daemon has greeted it. */
export async function connectWith(options: ConnectOptions, defaults: Defaults): Promise<MusterPeer> {
  const platform = { ...defaults.platform, ...options.platform }
  const newKey = createKeys(platform.random)
  const { url: given = defaults.url, mode = 'stream', prefetch = PREFETCH, callTimeoutMs = PATIENCE_MS } = options
  const url = async (): Promise<string> => toEndpoint(typeof given === 'string' ? given : await given())
  const hello = { protocol: PROTOCOL, client: options.client ?? 'muster-sdk', consume: options.consume ?? mode === 'stream', prefetch }
  const credentials = new Credentials({
    token: options.token,
    store: options.credentials ?? defaults.credentials,
    enrolment: async () => options.enrolment ?? (await defaults.enrolment()),
    register: createRegister(options, platform, url, hello, newKey()),
  })
  const peer = new MusterPeer({ platform, url, credentials, hello, handlers: options, callTimeoutMs, newKey })
  await online(peer, options, platform)
  await describe(peer, options)
  return peer
}

/** What a peer says of itself when it joins. */
const PROFILE = ['name', 'role', 'mode', 'runtime', 'capabilities', 'description', 'session'] as const satisfies (keyof Registration)[]

type Register = ConstructorParameters<typeof Credentials>[0]['register']

function createRegister(options: ConnectOptions, { open, clock }: Platform, url: () => Promise<string>, hello: HelloInput, key: string): Register {
  return async (token) => {
    if (options.name === undefined) throw new TypeError('Expected `name`')
    const profile = Object.fromEntries(PROFILE.map((field) => [field, options[field]])) as unknown as Registration
    return register({ open, clock, url: await url(), token, hello: { ...hello, consume: false } }, { ...profile, key })
  }
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
    const isLate = error instanceof ClientError && error.code === 'timeout'
    throw isLate && last ? new ClientError('timeout', `Not within ${timeoutMs} ms: ${last.message}`, { cause: last }) : error
  }
}

/** A resumed peer may have learned something since it registered. */
async function describe(peer: MusterPeer, options: ConnectOptions): Promise<void> {
  const { you } = peer.hello
  if (you.kind !== 'peer') return
  const { description = you.peer.description, capabilities = you.peer.capabilities } = options
  const isKnown = description === you.peer.description && sorted(capabilities) === sorted(you.peer.capabilities)
  if (!isKnown) await peer.call('peers.describe', { description, capabilities })
}

function sorted(names: readonly string[]): string {
  return [...names].sort().join()
}

/** The daemon's WebSocket door; a path before it is kept, for daemons behind a proxy. */
function toEndpoint(url: string): string {
  return url.replace(/^http/, 'ws').replace(/\/*$/, WS_PATH)
}
