import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from '../src/rpc.ts'

/** How a connection came to its end. */
export type TransportEnd =
  /** The server answered the upgrade with an HTTP status. */
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'closed'; readonly code: number; readonly reason: string }
  /** There was no server, or the network failed. A browser cannot tell this from `refused`. */
  | { readonly kind: 'failed'; readonly cause: unknown }

/** What a transport reports. After `onEnd`, which comes once, it reports nothing more. */
export interface TransportListener {
  onOpen(): void
  onText(text: string): void
  /** A sign of life that carries no text, such as a WebSocket ping. */
  onAlive(): void
  onEnd(end: TransportEnd): void
}

/** One connection that carries text frames. Both methods are harmless after the end. */
export interface Transport {
  send(text: string): void
  /** Starts the closing handshake; `onEnd` follows, soon even where the other side does not answer. */
  close(code: number, reason: string): void
}

/** Begins to connect and returns at once. The listener is never called before this has returned. */
export type OpenTransport = (url: string, token: string, listener: TransportListener) => Transport

/** The part of the browser's WebSocket that is used here. */
interface BrowserSocket {
  readonly readyState: number
  send(text: string): void
  close(code: number, reason: string): void
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
}
type BrowserSocketConstructor = new (url: string, protocols: readonly string[]) => BrowserSocket

const OPEN = 1

/** Connects with the global WebSocket. The token travels as a subprotocol with this prefix, since a browser sets no headers on a WebSocket. */
export const browserTransport =
  (prefix: string = BEARER_SUBPROTOCOL_PREFIX): OpenTransport =>
  (url, token, listener) => {
    const { WebSocket } = globalThis as unknown as { readonly WebSocket: BrowserSocketConstructor }
    const socket = new WebSocket(url, [SUBPROTOCOL, prefix + token])
    let opened = false
    socket.onopen = () => {
      opened = true
      listener.onOpen()
    }
    socket.onmessage = ({ data }) => {
      if (typeof data === 'string') listener.onText(data)
    }
    socket.onclose = ({ code, reason }) => {
      listener.onEnd(opened ? { kind: 'closed', code, reason } : { kind: 'failed', cause: new Error('Refused, or not reached.') })
    }
    return {
      send: (text) => {
        if (socket.readyState === OPEN) socket.send(text)
      },
      close: (code, reason) => socket.close(code, reason),
    }
  }
