import { createDecipheriv, createECDH, createHmac, createPublicKey, type ECDH, randomBytes, verify } from 'node:crypto'
import type { PushPayload } from '../../src/push-payload.ts'
import { type Answer, type Received, ScriptedHttp } from './scripted-http.ts'

export interface Pushed {
  readonly payload: PushPayload
  readonly bytes: number
  readonly ttl: string | undefined
  readonly urgency: string | undefined
  readonly topic: string | undefined
  /** Of the sender's token. */
  readonly claims: { readonly aud: string; readonly exp: number; readonly sub: string }
}

interface Subscribed {
  readonly pair: ECDH
  readonly auth: Buffer
}

/**
 * A push service with its browsers: it checks the sender's token (RFC 8292) against the key that the page subscribed with, and decrypts each message as the browser would
 * (RFC 8291 over RFC 8188). What cannot be decrypted throws, and fails the test.
 */
export class PushService extends ScriptedHttp {
  readonly pushed: Pushed[] = []
  /** What the next messages are answered with, in order; then 201. */
  readonly answers: Answer[] = []
  /** Why a message was none. */
  readonly wrong: unknown[] = []
  readonly #subscribed = new Map<string, Subscribed>()
  readonly #key: string

  private constructor(key: string) {
    super()
    this.#key = key
  }

  /** @param key the public key of the application server, as its page has it */
  static async start(key: string): Promise<PushService> {
    return await new PushService(key).listen()
  }

  /** A browser subscribes: what its `PushSubscription` says. */
  subscribe(): { readonly endpoint: string; readonly keys: { readonly p256dh: string; readonly auth: string } } {
    const pair = createECDH('prime256v1')
    pair.generateKeys()
    const auth = randomBytes(16)
    const path = `/push/${this.#subscribed.size}`
    this.#subscribed.set(path, { pair, auth })
    return { endpoint: `${this.url}${path}`, keys: { p256dh: pair.getPublicKey('base64url'), auth: auth.toString('base64url') } }
  }

  protected answer({ path, headers, body }: Received): Answer {
    const subscribed = this.#subscribed.get(path)
    const answer = this.answers.shift() ?? { status: 201 }
    if (!subscribed) return { status: 404 }
    try {
      const claims = this.#claimsOf(String(headers.authorization))
      if (headers['content-encoding'] !== 'aes128gcm') throw new Error('not encrypted as it should be')
      const text = decrypt(body, subscribed)
      const { ttl, urgency, topic } = headers as Readonly<Record<string, string | undefined>>
      if (answer.status === 201) this.pushed.push({ payload: JSON.parse(text) as PushPayload, bytes: Buffer.byteLength(text), ttl, urgency, topic, claims })
      return answer
    } catch (error) {
      this.wrong.push(error)
      return { status: 400 }
    }
  }

  #claimsOf(authorization: string): Pushed['claims'] {
    const [, token = '', key = ''] = /^vapid t=([^,]+), k=(.+)$/.exec(authorization) ?? []
    if (key !== this.#key) throw new Error('signed with another key')
    const [head = '', claims = '', signature = ''] = token.split('.')
    const point = Buffer.from(key, 'base64url')
    const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') }
    const publicKey = createPublicKey({ key: jwk, format: 'jwk' })
    const isSigned = verify('sha256', Buffer.from(`${head}.${claims}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
    if (!isSigned) throw new Error('the signature is not that of the key')
    const read = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Pushed['claims']
    const inS = read.exp - Date.now() / 1_000
    if (read.aud !== this.url || inS <= 0 || inS > 86_400) throw new Error('the token is for another service, or another time')
    return read
  }
}

function hmac(key: Uint8Array, ...data: readonly Uint8Array[]): Buffer {
  const sum = createHmac('sha256', key)
  for (const part of data) sum.update(part)
  return sum.digest()
}

const ONE = Buffer.from([1])

function decrypt(body: Buffer, { pair, auth }: Subscribed): string {
  const salt = body.subarray(0, 16)
  const recordSize = body.readUInt32BE(16)
  const keyLength = body.readUInt8(20)
  const sender = body.subarray(21, 21 + keyLength)
  const sealed = body.subarray(21 + keyLength)
  if (sealed.length > recordSize || body.length > 4_096) throw new Error('larger than a push service takes')
  const shared = hmac(auth, pair.computeSecret(sender))
  const ikm = hmac(shared, Buffer.from('WebPush: info\0'), pair.getPublicKey(), sender, ONE)
  const prk = hmac(salt, ikm)
  const key = hmac(prk, Buffer.from('Content-Encoding: aes128gcm\0'), ONE).subarray(0, 16)
  const nonce = hmac(prk, Buffer.from('Content-Encoding: nonce\0'), ONE).subarray(0, 12)
  const decipher = createDecipheriv('aes-128-gcm', key, nonce)
  decipher.setAuthTag(sealed.subarray(-16))
  const plain = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()])
  const end = plain.lastIndexOf(2)
  if (end < 0 || plain.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('the record does not end as the last one does')
  return plain.subarray(0, end).toString()
}
