import type { MusterPaths } from '../../src/paths.ts'
import { ClientError } from '../client-error.ts'
import { findAddress, hostSuffix, toHttpUrl, wsUrl } from '../local/endpoint.ts'
import { readToken } from '../local/private-file.ts'

export type Env = Readonly<Record<string, string | undefined>>

/** The way to the daemon for the programs that stand beside an agent. Asked anew each time: the daemon may come, go and move. */
export interface Door {
  readonly paths: MusterPaths
  /** @throws ClientError `disconnected` where no daemon is known */
  readonly url: () => string
  /** Distinguishes the files of sessions with another daemon than the one of this user's files. */
  readonly suffix: () => string
  /** What a session joins with. */
  readonly enrolment: () => string | undefined
}

/** MUSTER_URL and MUSTER_TOKEN count as for the command line. */
export function openDoor(env: Env, paths: MusterPaths): Door {
  const given = env['MUSTER_URL'] ? toHttpUrl(env['MUSTER_URL']) : undefined
  const address = () => findAddress(paths, given)
  return {
    paths,
    url() {
      const found = address()
      if (!found) throw new ClientError('disconnected', 'No daemon is running.')
      return wsUrl(found.url)
    },
    suffix() {
      const found = address()
      return found === undefined ? '' : hostSuffix(found)
    },
    enrolment: () => env['MUSTER_TOKEN'] || (address()?.local === false ? undefined : readToken(paths.enrolmentToken)),
  }
}
