import type { Input, Output } from '../src/contract/index.ts'
import type { ConnectOptions, Session } from './connect.ts'
import type { ConnectionOptions } from './connection.ts'
import { type CredentialStore, Credentials } from './credentials.ts'
import { callOnce } from './one-call.ts'
import type { TokenSource } from './tokens.ts'

/** What a peer says of itself when it joins. */
export type Registration = Omit<Input<'peers.register'>, 'key'>

export interface JoinOptions extends ConnectOptions, Omit<Registration, 'name' | 'capabilities' | 'description'> {
  /** The peer's name, for its first join and to find its credential. */
  readonly name?: string
  /** Lets a peer register that has no credential yet. */
  readonly enrolment?: string
  /** Keeps the peer's credential between runs. */
  readonly credentials?: CredentialStore
}

const PROFILE = ['name', 'role', 'mode', 'runtime', 'capabilities', 'description', 'session'] as const satisfies (keyof Registration)[]

/** Tokens of a peer that registers where it has none. */
export function joiningTokens(options: JoinOptions, enrolment: () => Promise<string | undefined>, { platform, url, hello, newKey }: Session): TokenSource {
  const { open, clock } = platform
  // The same for each try: a repeated registration is the same peer.
  const key = newKey()
  return new Credentials({
    token: options.token,
    store: options.credentials,
    enrolment: async () => options.enrolment ?? (await enrolment()),
    register: async (token) => {
      if (options.name === undefined) throw new TypeError('Expected `name`, to join as a new peer')
      const profile = Object.fromEntries(PROFILE.map((field) => [field, options[field]])) as unknown as Registration
      return register({ open, clock, url: await url(), token, hello: { ...hello, consume: false } }, { ...profile, key })
    },
  })
}

/**
 * Registers a peer on a connection of its own, since an enrolment credential is good for nothing else.
 *
 * @throws MusterError what the daemon answered: `unauthenticated`, `name_taken`, `forbidden`, …
 * @throws ClientError `disconnected` when it could not be asked
 */
export function register(options: ConnectionOptions, registration: Registration & { readonly key: string }): Promise<Output<'peers.register'>> {
  return callOnce(options, 'peers.register', registration)
}
