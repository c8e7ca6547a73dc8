import { MusterError } from '../src/muster-error.ts'

/** Finds the token to connect with. */
export interface TokenSource {
  /** @throws MusterError `unauthenticated` when there is none */
  current(): Promise<string>
  /** The daemon has refused the current token: resolves where there is now another. */
  renew(): Promise<void>
}

/** A token that somebody else looks after. */
export function givenToken(token: string | undefined): TokenSource {
  const refused = (): MusterError => new MusterError('unauthenticated')
  return {
    current: async () => {
      if (!token) throw refused()
      return token
    },
    renew: () => Promise.reject(refused()),
  }
}
