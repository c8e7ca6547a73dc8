import type { Source } from '../../src/contract/index.ts'

/** How a request proves where it comes from, as it was said: the name of a program, or a description. */
export type Verify = Source['verify']

/** Where something stands: in a header, or in a field of the body, from the outside in. */
export type Place = { readonly header: string } | { readonly field: readonly string[] }

interface Common {
  readonly header: string
  /** What stands before the signature or the token. */
  readonly prefix: string
  readonly id: Place | null
  readonly event: Place | null
}

interface TokenScheme extends Common {
  readonly by: 'token'
}

export interface HmacScheme extends Common {
  readonly by: 'hmac'
  readonly encoding: 'hex' | 'base64'
  /** What parts the signatures in their header, where there may be several. */
  readonly separator: ',' | ' ' | null
  /** Seconds since 1970: in a header, or beside the signatures, behind a prefix of its own. */
  readonly time: { readonly header: string } | { readonly prefix: string } | null
  /** What is signed before the body. */
  readonly head: (id: string, time: string) => string
  /** `whsec`: base64 behind a prefix that says so. */
  readonly key: 'text' | 'whsec'
}

export type Scheme = (TokenScheme | HmacScheme) & {
  /** Its sender wants an empty 200, and a question of its own answered before it sends anything. */
  readonly slack?: true
}

const HMAC = { by: 'hmac', encoding: 'hex', separator: null, time: null, head: () => '', key: 'text' } as const
const timed = (_id: string, time: string) => `${time}.`
const withId = (id: string, time: string) => `${id}.${time}.`

/** As the documentation of each program has it. */
const PRESETS: Readonly<Record<Extract<Verify, string>, Scheme>> = {
  github: { ...HMAC, header: 'x-hub-signature-256', prefix: 'sha256=', id: { header: 'x-github-delivery' }, event: { header: 'x-github-event' } },
  // Its X-Gitlab-Event-UUID is shared by all that one event sets off.
  gitlab: { by: 'token', header: 'x-gitlab-token', prefix: '', id: { header: 'idempotency-key' }, event: { header: 'x-gitlab-event' } },
  slack: {
    ...HMAC,
    header: 'x-slack-signature',
    prefix: 'v0=',
    time: { header: 'x-slack-request-timestamp' },
    head: (_id, time) => `v0:${time}:`,
    id: { field: ['event_id'] },
    event: { field: ['event', 'type'] },
    slack: true,
  },
  stripe: {
    ...HMAC,
    header: 'stripe-signature',
    prefix: 'v1=',
    separator: ',',
    time: { prefix: 't=' },
    head: timed,
    id: { field: ['id'] },
    event: { field: ['type'] },
  },
  standard: {
    ...HMAC,
    header: 'webhook-signature',
    prefix: 'v1,',
    encoding: 'base64',
    separator: ' ',
    time: { header: 'webhook-timestamp' },
    head: withId,
    id: { header: 'webhook-id' },
    event: { field: ['type'] },
    key: 'whsec',
  },
}

export function schemeOf(verify: Verify): Scheme {
  if (typeof verify === 'string') return PRESETS[verify]
  const common = { header: verify.header.toLowerCase(), prefix: verify.prefix, id: inHeader(verify.idHeader), event: inHeader(verify.eventHeader) }
  if (verify.by === 'token') return { by: 'token', ...common }
  const { encoding, signed } = verify
  const time = verify.timestampHeader === undefined ? null : { header: verify.timestampHeader.toLowerCase() }
  return { ...HMAC, ...common, encoding, time, head: signed === 'body' ? HMAC.head : signed.startsWith('id') ? withId : timed }
}

function inHeader(name: string | undefined): Place | null {
  return name === undefined ? null : { header: name.toLowerCase() }
}

/** What a description lacks, or has for nothing; `undefined` where it fits together. */
export function whyNoScheme(verify: Verify): { readonly field: string; readonly hint: string } | undefined {
  if (typeof verify === 'string' || verify.by === 'token') return undefined
  const { signed, timestampHeader, idHeader } = verify
  if (signed === 'body' && timestampHeader !== undefined)
    return { field: 'timestampHeader', hint: 'A time that is not signed proves nothing: say with `signed` how it is, or leave it out.' }
  if (signed !== 'body' && timestampHeader === undefined)
    return { field: 'timestampHeader', hint: `Say in which header the time stands, since ${signed} is signed.` }
  if (signed.startsWith('id') && idHeader === undefined) return { field: 'idHeader', hint: `Say in which header the id stands, since ${signed} is signed.` }
  return undefined
}
