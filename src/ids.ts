/** The kinds of things that have an id, and the prefix each id shows. */
export const ID_KINDS = {
  peer: 'peer',
  circle: 'cir',
  credential: 'crd',
  enrolment: 'enr',
  thread: 'thr',
  message: 'msg',
  delivery: 'dlv',
  schedule: 'sch',
  /** What a peer uploaded. */
  artifact: 'art',
  /** An artifact as one message carries it. */
  attachment: 'att',
  fan: 'fan',
  review: 'rvw',
  watchdog: 'wdg',
  pairing: 'prg',
  action: 'act',
  decision: 'dec',
  approval: 'apv',
  channel: 'chn',
  /** A row of the outbox, by which what is sent to a channel is known. */
  outbox: 'out',
  /** Where events of the world outside come in. */
  source: 'src',
  /** One such event. */
  arrival: 'arv',
} as const

export type IdKind = keyof typeof ID_KINDS

/** Crockford's base 32 (https://www.crockford.com/base32.html), lower case: no i, l, o, u. */
export const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz'
const TAG_CHARS = 6
const ID_PATTERN = new RegExp(`^([a-z]+)_([${CROCKFORD}]{${TAG_CHARS}})([${CROCKFORD}]{1,11})$`)
const CURSOR_PATTERN = new RegExp(`^([${CROCKFORD}]{${TAG_CHARS}})\\.(\\d{1,15})$`)

export interface DecodedId {
  readonly kind: IdKind
  /** Names the incarnation of the database that minted the id. */
  readonly tag: string
  readonly number: number
}

const KIND_BY_PREFIX = new Map(Object.entries(ID_KINDS).map(([kind, prefix]) => [prefix as string, kind as IdKind]))

/** `msg_k7qm2x4f3`: the kind's prefix, the incarnation's tag and the number in base 32. */
export function encodeId(kind: IdKind, tag: string, number: number): string {
  return `${ID_KINDS[kind]}_${tag}${encodeNumber(number)}`
}

/** Returns `undefined` where the text is no id. */
export function decodeId(text: string): DecodedId | undefined {
  const parts = ID_PATTERN.exec(text)
  const kind = parts ? KIND_BY_PREFIX.get(parts[1] as string) : undefined
  if (!parts || !kind) return undefined
  const number = decodeNumber(parts[3] as string)
  return Number.isSafeInteger(number) ? { kind, tag: parts[2] as string, number } : undefined
}

/** `k7qm2x.1042`: where a reader of the event log stands. */
export function encodeCursor(tag: string, seq: number): string {
  return `${tag}.${seq}`
}

export function decodeCursor(text: string): { readonly tag: string; readonly seq: number } | undefined {
  const parts = CURSOR_PATTERN.exec(text)
  return parts ? { tag: parts[1] as string, seq: Number(parts[2]) } : undefined
}

/** A fresh incarnation tag from at least six random bytes. */
export function tagFrom(bytes: Uint8Array): string {
  if (bytes.length < TAG_CHARS) throw new RangeError(`Expected at least ${TAG_CHARS} bytes, got ${bytes.length}`)
  return Array.from(bytes.subarray(0, TAG_CHARS), (byte) => CROCKFORD[byte & 31]).join('')
}

/** The tag as a number below 2^30. */
export function tagNumber(tag: string): number {
  return decodeNumber(tag)
}

/** Orders ids by kind, then by number; text order would put 10 before 9. */
export function compareIds(a: string, b: string): number {
  const left = decodeId(a)
  const right = decodeId(b)
  if (!left || !right) throw new TypeError(`Expected two ids, got ${a} and ${b}`)
  return left.kind === right.kind ? left.number - right.number : left.kind < right.kind ? -1 : 1
}

function encodeNumber(number: number): string {
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`Expected a whole number, got ${number}`)
  let text = ''
  let rest = number
  do {
    text = CROCKFORD[rest % 32] + text
    rest = Math.floor(rest / 32)
  } while (rest > 0)
  return text
}

function decodeNumber(text: string): number {
  let number = 0
  for (const char of text) number = number * 32 + CROCKFORD.indexOf(char)
  return number
}
