import * as z from 'zod'
import { CROCKFORD, ID_KINDS, type IdKind } from '../ids.ts'
import { LIMITS } from '../limits.ts'
import { parseDuration, parseTime } from '../time.ts'

/** Text that would let one line pass for another: C0 and C1 controls, line separators, bidirectional overrides. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: refusing control characters is this pattern's purpose
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/
/** A lone surrogate has no UTF-8 form, so it could not be stored as sent. */
const LONE_SURROGATE = /\p{Surrogate}/u
/** Of the prefixes that there are: `my_backend` is a name. Case does not tell names apart, so it does not here either. */
const LIKE_ID = new RegExp(`^(?:${Object.values(ID_KINDS).join('|')})_[${CROCKFORD}]{7,}$`, 'i')
const NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/
const ADDRESS = /^(?:(?:role|cap|circle):)?[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?(?:@[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)?$/
const encoder = new TextEncoder()

/** An id of one kind. It says nothing about whether the thing exists. */
export function Id<K extends IdKind>(kind: K) {
  const pattern = new RegExp(`^${ID_KINDS[kind]}_[${CROCKFORD}]{7,17}$`)
  return z.string().regex(pattern, `Expected an id like ${ID_KINDS[kind]}_k7qm2x4f3`)
}

/** A name of a peer or a circle: letters, digits, dot, dash, underscore. Compared without regard to case. */
export const Name = z
  .string()
  .max(LIMITS.maxNameChars)
  .regex(NAME, 'Expected letters, digits, ".", "_" or "-", beginning and ending with a letter or a digit')
  .refine((name) => !LIKE_ID.test(name), 'A name may not look like an id')

/** `name`, `name@circle`, a peer's id, or a selector: `role:<role>` or `cap:<capability>`, both also with `@circle`, or `circle:<circle>`. */
export const Address = z
  .string()
  .max(2 * LIMITS.maxNameChars + 6)
  .regex(ADDRESS, 'Expected a name, name@circle, a peer id, role:<role>, cap:<capability> or circle:<circle>')

/** An address that may mean any number of peers. */
export const Selector = Address.refine((address) => /^(?:role|cap|circle):/.test(address), 'Expected role:<role>, cap:<capability> or circle:<circle>')

/** One line of text without control characters. */
export const Line = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .refine((text) => !CONTROL.test(text) && !LONE_SURROGATE.test(text), 'Control characters are not accepted here')

/** What a message says: text, by convention Markdown, measured in UTF-8 bytes. */
export const Body = z
  .string()
  .min(1, 'A body must say something')
  // No UTF-16 unit takes more than three bytes of UTF-8, so most bodies need no count.
  .refine((text) => text.length * 3 <= LIMITS.maxBodyBytes || encoder.encode(text).length <= LIMITS.maxBodyBytes, {
    error: `At most ${LIMITS.maxBodyBytes} bytes of UTF-8`,
    params: { code: 'too_large' },
  })
  .refine((text) => !LONE_SURROGATE.test(text), 'A lone surrogate has no UTF-8 form')

/** Text of any number of lines. */
export const Text = (maxChars: number) =>
  z
    .string()
    .max(maxChars)
    .refine((text) => !LONE_SURROGATE.test(text), 'A lone surrogate has no UTF-8 form')

/** Why something was declined, cancelled or revoked. */
export const Reason = Text(LIMITS.maxReasonChars).min(1)

/** `90s`, `15m`, `24h`. */
export const Duration = z.string().refine((text) => parseDuration(text) !== undefined, 'Expected a duration like 90s, 15m or 24h')

/** RFC 3339. Output is always in UTC. */
export const Time = z.string().refine((text) => parseTime(text) !== undefined, 'Expected an RFC 3339 time like 2026-01-31T09:00:00Z')

/** Makes a command safe to repeat: unique for (peer, operation), kept 7 days, only successes recorded. */
export const IdempotencyKey = z
  .string()
  .max(LIMITS.maxKeyChars)
  .regex(/^[\x21-\x7e]+$/, 'Expected visible ASCII')

export const Limit = z.int().min(1).max(LIMITS.maxPage)

/** Where a reader of the event log stands: `<incarnation>.<sequence>`. */
export const EventCursor = z.string().regex(/^[0-9a-hjkmnp-tv-z]{6}\.\d{1,15}$/, 'Expected an event cursor like k7qm2x.1042')
