import type { Core } from '../../daemon/core.ts'
import { Connection, type SocketPort } from '../../daemon/gateway/connection.ts'

/** Opens a connection for a token, as the WebSocket door does after its own checks; `undefined` when the token is not good. */
export function accept({ gateway }: Core, token: string, socket: SocketPort): Connection | undefined {
  const caller = gateway.authenticate(token)
  if (!caller) return undefined
  const connection = new Connection(gateway, caller, socket)
  gateway.connections.add(connection)
  return connection
}
