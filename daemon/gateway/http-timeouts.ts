/** How long a client may take to send the head of a request, which bounds slow handshakes. */
export const HEADERS_TIMEOUT_MS = 10_000
