import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { HmacScheme, Scheme } from './schemes.ts'

/** A request as it came: only its bytes can be proven. */
export interface Sent {
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** `time` is when it was signed, in milliseconds, where that is signed. */
export type Proof = { readonly ok: true; readonly time: number | null } | { readonly ok: false; readonly why: string }

/** Some senders sign with an old and a new secret for a while; nobody with more than these. */
const MAX_SIGNATURES = 8

/** Whether a request was made by somebody who knows the secret. It takes as long whether it was or not. */
export function prove(scheme: Scheme, secret: string, { headers, body }: Sent): Proof {
  const said = headerOf(headers, scheme.header)
  if (said === undefined) return no(`it has no header ${scheme.header}`)
  if (scheme.by === 'token') return proveToken(said, scheme.prefix, secret)
  const parts = (scheme.separator === null ? [said] : said.split(scheme.separator)).map((part) => part.trim())
  const signatures = parts.filter((part) => part.startsWith(scheme.prefix)).slice(0, MAX_SIGNATURES)
  if (signatures.length === 0) return no(`${scheme.header} has no signature that begins with ${scheme.prefix || 'one'}`)
  const time = timeOf(scheme, headers, parts)
  if (time !== null && !/^\d{1,12}$/.test(time)) return no('its time is missing, or no number of seconds')
  const id = scheme.id && 'header' in scheme.id ? (headerOf(headers, scheme.id.header) ?? '') : ''
  const digest = digestOf(scheme, secret, { id, time: time ?? '' }, body)
  const fits = signatures.map((signature) => isDigest(signature.slice(scheme.prefix.length), scheme.encoding, digest)).includes(true)
  return fits ? { ok: true, time: time === null ? null : Number(time) * 1_000 } : no('its signature does not fit: another secret, or another body')
}

/** The headers with which somebody who knows the secret sends a body. */
export function sign(
  scheme: Scheme,
  secret: string,
  body: Uint8Array,
  { id, seconds }: { readonly id: string; readonly seconds: number },
): Record<string, string> {
  const ids = scheme.id && 'header' in scheme.id ? { [scheme.id.header]: id } : {}
  if (scheme.by === 'token') return { ...ids, [scheme.header]: `${scheme.prefix}${secret}` }
  const time = String(seconds)
  const signature = `${scheme.prefix}${digestOf(scheme, secret, { id, time }, body).toString(scheme.encoding)}`
  if (scheme.time === null) return { ...ids, [scheme.header]: signature }
  if ('header' in scheme.time) return { ...ids, [scheme.time.header]: time, [scheme.header]: signature }
  return { ...ids, [scheme.header]: `${scheme.time.prefix}${time}${scheme.separator ?? ''}${signature}` }
}

export function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** Why a secret cannot be one of the scheme; `undefined` where it can. */
export function whyNoKey(scheme: Scheme, secret: string): string | undefined {
  if (scheme.by === 'token' || scheme.key === 'text') return undefined
  return /^(?:whsec_)?[A-Za-z0-9+/]{20,}={0,2}$/.test(secret) ? undefined : 'is no secret of Standard Webhooks: whsec_ and base64'
}

/** The bytes that a secret stands for: two that are written in different ways may be one. */
export function keyOf(scheme: Scheme, secret: string): Buffer {
  return scheme.by === 'token' || scheme.key === 'text' ? Buffer.from(secret) : Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
}

function no(why: string): Proof {
  return { ok: false, why }
}

/** By their hashes, which are of one length whatever was sent. */
function proveToken(said: string, prefix: string, secret: string): Proof {
  const given = said.startsWith(prefix) ? said.slice(prefix.length) : ''
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(secret)) ? { ok: true, time: null } : no('its token is another')
}

function timeOf({ time }: HmacScheme, headers: IncomingHttpHeaders, parts: readonly string[]): string | null {
  if (time === null) return null
  if ('header' in time) return headerOf(headers, time.header) ?? ''
  return parts.find((part) => part.startsWith(time.prefix))?.slice(time.prefix.length) ?? ''
}

function digestOf(scheme: HmacScheme, secret: string, { id, time }: { readonly id: string; readonly time: string }, body: Uint8Array): Buffer {
  return createHmac('sha256', keyOf(scheme, secret)).update(scheme.head(id, time)).update(body).digest()
}

/** Whole, since decoding would stop at what is none of its characters. */
const DIGEST = { hex: /^[0-9a-f]{64}$/i, base64: /^[A-Za-z0-9+/]{43}=$/ } as const

function isDigest(text: string, encoding: 'hex' | 'base64', digest: Buffer): boolean {
  return DIGEST[encoding].test(text) && timingSafeEqual(Buffer.from(text, encoding), digest)
}
