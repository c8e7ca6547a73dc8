import type { Input, OperationName, Output } from '../src/contract/index.ts'
import { Connection, type ConnectionOptions, encodeRequest, toError } from './connection.ts'
import { judge } from './endings.ts'

const REQUEST_ID = 1

/**
 * Calls one operation on a connection of its own, which is closed with the answer.
 *
 * @throws MusterError what the daemon answered, `unauthenticated` for a token that it does not accept
 * @throws ClientError `disconnected` when it could not be asked
 */
export function callOnce<N extends OperationName>(options: ConnectionOptions, name: N, input: Input<N>): Promise<Output<N>> {
  return new Promise((resolve, reject) => {
    const connection = new Connection(options, {
      onHello: () => connection.send(encodeRequest(REQUEST_ID, name, input)),
      onReply: ({ result, error }) => {
        if (error) reject(toError(error))
        else resolve(result as Output<N>)
        connection.close()
      },
      onNotification: () => {},
      onEnd: (end) => reject(judge(end).error),
    })
  })
}
