import { WebSocket } from 'ws'
import { SUBPROTOCOL } from '../src/rpc.ts'
import type { OpenTransport, TransportEnd } from './transport.ts'

/** A dead network never answers the closing handshake; after this the socket is cut. */
const CLOSE_TIMEOUT_MS = 2_000

/** Connects with `ws`: the token travels in a header, and a refused upgrade shows its HTTP status. */
export const openWsTransport: OpenTransport = (url, token, listener) => {
  const socket = new WebSocket(url, SUBPROTOCOL, { headers: { authorization: `Bearer ${token}` }, perMessageDeflate: false })
  let ended = false
  const end = (how: TransportEnd): void => {
    if (ended) return
    ended = true
    listener.onEnd(how)
  }
  socket.on('open', () => listener.onOpen())
  socket.on('message', (data, isBinary) => {
    if (!isBinary) listener.onText(String(data))
  })
  socket.on('ping', () => listener.onAlive())
  socket.on('unexpected-response', (request, response) => {
    // With this listener in place ws leaves the request to us.
    request.destroy()
    end({ kind: 'refused', status: response.statusCode ?? 0 })
  })
  socket.on('error', (cause) => end({ kind: 'failed', cause }))
  socket.on('close', (code, reason) => end({ kind: 'closed', code, reason: String(reason) }))
  return {
    send: (text) => {
      if (socket.readyState === WebSocket.OPEN) socket.send(text)
    },
    close: (code, reason) => {
      const cut = setTimeout(() => socket.terminate(), CLOSE_TIMEOUT_MS)
      socket.once('close', () => clearTimeout(cut))
      socket.close(code, reason)
    },
  }
}
