import type { IncomingMessage } from 'node:http'
import type { TLSSocket } from 'node:tls'
import { MusterError } from '../../src/errors.ts'
import { DEVICE_HEADER, DEVICE_SUBPROTOCOL_PREFIX } from '../../src/rpc.ts'

/*
 * A browser holds the token of a device in two halves of 120 random bits. The cookie is kept from scripts, but browsers send it to every
 * port of the host, so also to whatever an agent serves beside the daemon. The other half is in the storage of the page, which no other port
 * can read, but its scripts can. Neither is worth anything alone.
 */
const COOKIE_CHARS = 27
/** The prefix lets no other host of the same domain, and no plain page, set it (RFC 6265bis, section 4.1.3.2). */
const cookieName = (secure: boolean) => (secure ? '__Host-muster' : 'muster')
/** What browsers grant at most. */
const COOKIE_SECONDS = 34_560_000

export interface Halves {
  /** The value of Set-Cookie. */
  readonly cookie: string
  readonly half: string
}

export function splitToken(token: string, secure: boolean): Halves {
  const attributes = `Path=/; Max-Age=${COOKIE_SECONDS}; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`
  return { cookie: `${cookieName(secure)}=${token.slice(0, COOKIE_CHARS)}; ${attributes}`, half: token.slice(COOKIE_CHARS) }
}

/**
 * The token of a page's request; `undefined` where it has no cookie, or no half beside it.
 *
 * @throws MusterError `forbidden` where the request does not come from a page of the daemon's own, or may have been made for one
 */
export function deviceToken(request: IncomingMessage, half: string | undefined, secure: boolean): string | undefined {
  const cookie = cookieIn(request.headers.cookie, cookieName(secure))
  if (cookie === undefined || half === undefined || !/^\w{1,100}$/.test(half)) return undefined
  requireOwnPage(request)
  return `${cookie}${half}`
}

/** @throws MusterError `forbidden` */
export function requireOwnPage({ headers, method }: IncomingMessage): void {
  const site = headers['sec-fetch-site']
  const isRead = (method === 'GET' || method === 'HEAD') && headers.upgrade === undefined
  const isOwn = headers.origin === undefined ? isRead : hostOf(headers.origin) === headers.host?.toLowerCase()
  if (isOwn && (site === undefined || site === 'same-origin' || site === 'none')) return
  throw new MusterError('forbidden', { hint: 'A cookie is taken from a page of this daemon only: the Origin must be its own, the port included.' })
}

export function halfOf({ headers }: IncomingMessage): string | undefined {
  const half = headers[DEVICE_HEADER]
  return typeof half === 'string' ? half : undefined
}

/** A page cannot set a header on a WebSocket. */
export function halfIn(protocols: readonly string[]): string | undefined {
  return protocols.find((entry) => entry.startsWith(DEVICE_SUBPROTOCOL_PREFIX))?.slice(DEVICE_SUBPROTOCOL_PREFIX.length)
}

/** Whether a request came over TLS, up to the daemon or to the proxy that it trusts. */
export function isEncrypted({ socket, headers }: IncomingMessage, trustedProxy: boolean): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true || (trustedProxy && headers['x-forwarded-proto'] === 'https')
}

/** One that is there twice was set by somebody else, too: neither is taken. */
function cookieIn(header: string | undefined, name: string): string | undefined {
  const values = (header ?? '').split(';').flatMap((pair) => {
    const [key, value] = pair.trim().split('=', 2)
    return key === name && value !== undefined ? [value] : []
  })
  return values.length === 1 && /^\w{1,100}$/.test(values[0] as string) ? values[0] : undefined
}

function hostOf(origin: string): string | undefined {
  try {
    return new URL(origin).host
  } catch {
    return undefined
  }
}
