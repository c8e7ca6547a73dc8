import type { Output } from '../src/contract/index.ts'
import { Connection, type ConnectionOptions, encodeRequest, toError } from './connection.ts'
import type { Registration } from './credentials.ts'
import { judge } from './endings.ts'

const REGISTER_ID = 1

/**
 * Registers a peer on a connection of its own, since an enrolment credential is good for nothing else.
 *
 * @throws MusterError what the daemon answered: `unauthenticated`, `name_taken`, `forbidden`, …
 * @throws ClientError `disconnected` when it could not be asked
 */
export function register(options: ConnectionOptions, registration: Registration & { readonly key: string }): Promise<Output<'peers.register'>> {
  return new Promise((resolve, reject) => {
    const connection = new Connection(options, {
      onHello: () => connection.send(encodeRequest(REGISTER_ID, 'peers.register', registration)),
      onReply: ({ result, error }) => {
        if (error) reject(toError(error))
        else resolve(result as Output<'peers.register'>)
        connection.close()
      },
      onNotification: () => {},
      onEnd: (end) => reject(judge(end).error),
    })
  })
}
