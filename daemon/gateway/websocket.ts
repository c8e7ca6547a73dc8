import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { type ErrorCode, MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL, WS_PATH } from '../../src/rpc.ts'
import { bearerToken } from './bearer.ts'
import { Connection, type SocketPort } from './connection.ts'
import type { GatewayDeps } from './deps.ts'
import { refuseSocket } from './http-error.ts'
import { forbiddenOrigin } from './origin.ts'

/** Close codes by which a client says goodbye itself (RFC 6455, section 7.4.1). */
const ORDERLY = new Set([1000, 1001])

/**
 * A client that does not answer a close keeps its socket, and a stop of the daemon waiting, no longer than this. The types of
 * the library do not know the option yet.
 */
const BOUNDS = { closeTimeout: LIMITS.drainMs }

/** The WebSocket door: authenticates an upgrade and ties a socket to a {@link Connection}. */
export function createUpgradeHandler(deps: GatewayDeps, allowedHosts: readonly string[]) {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.maxFrameBytes,
    // 240 kB a connection after its first message, measured; frames are short.
    perMessageDeflate: false,
    clientTracking: false,
    ...BOUNDS,
    handleProtocols: () => SUBPROTOCOL,
  })
  return (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    try {
      const caller = admit(deps, allowedHosts, request)
      server.handleUpgrade(request, socket, head, (ws) => attach(deps, caller, ws, socket))
    } catch (error) {
      refuseSocket(socket, deps.asMusterError(error))
    }
  }
}

/** @throws MusterError with the HTTP status that refuses the upgrade */
function admit(deps: GatewayDeps, allowedHosts: readonly string[], request: IncomingMessage) {
  if (request.url?.split('?')[0] !== WS_PATH) throw new MusterError('not_found', { hint: `The WebSocket door is ${WS_PATH}.` })
  const forbidden = forbiddenOrigin(request.headers.host, request.headers.origin, allowedHosts)
  if (forbidden) throw new MusterError('forbidden', { hint: forbidden })
  const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((entry) => entry.trim())
  if (!protocols.includes(SUBPROTOCOL)) throw new MusterError('invalid_frame', { hint: `Offer the subprotocol ${SUBPROTOCOL}.` })
  if (deps.calls.closed) throw new MusterError('shutting_down')
  if (deps.connections.size >= LIMITS.maxConnections) throw new MusterError('too_many_connections')
  const token = tokenOf(request.headers.authorization, protocols)
  const caller = token === undefined ? undefined : deps.authenticate(token)
  if (!caller) throw new MusterError('unauthenticated', { hint: 'Send Authorization: Bearer <token>.' })
  return caller
}

function tokenOf(authorization: string | undefined, protocols: readonly string[]): string | undefined {
  return bearerToken(authorization) ?? protocols.find((entry) => entry.startsWith(BEARER_SUBPROTOCOL_PREFIX))?.slice(BEARER_SUBPROTOCOL_PREFIX.length)
}

function attach(deps: GatewayDeps, caller: ReturnType<typeof admit>, ws: WebSocket, socket: Duplex): void {
  const connection = new Connection(deps, caller, portOf(ws, socket))
  deps.connections.add(connection)
  ws.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) connection.onBadFrame(new MusterError('invalid_frame', { hint: 'Send text frames.' }, { message: 'Binary frames are refused.' }))
    else connection.onText(data.toString('utf8'))
  })
  ws.on('pong', () => connection.onPong())
  // The library closes the connection itself: 1009 for a frame over the limit, 1007 for bad UTF-8, 1002 for a bad frame.
  ws.on('error', (error) => deps.log.debug({ err: error }, 'bad frame'))
  ws.on('close', (code) => connection.onClose(ORDERLY.has(code)))
  socket.on('drain', () => connection.onDrain())
}

function portOf(ws: WebSocket, socket: Duplex): SocketPort {
  let corked = false
  return {
    send(text) {
      // Everything that a batch sends to one client leaves in one write.
      if (!corked) {
        corked = true
        socket.cork()
        process.nextTick(() => {
          corked = false
          socket.uncork()
        })
      }
      if (ws.readyState === ws.OPEN) ws.send(text)
    },
    close: (code, reason: ErrorCode | string) => ws.close(code, reason),
    terminate: () => ws.terminate(),
    ping() {
      if (ws.readyState === ws.OPEN) ws.ping()
    },
    get bufferedBytes() {
      return ws.bufferedAmount
    },
  }
}
