import { resolve } from 'node:path'
import type { Input } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Flags } from '../arguments.ts'
import type { Invocation } from '../command.ts'
import { usageError } from '../failure.ts'
import type { Flag } from '../flags.ts'
import { PRIORITIES, PRIORITY_FLAG, SELECT_FLAGS, selectOf } from '../sending.ts'

type Create = Input<'ingress.create'>
type Update = Omit<Input<'ingress.update'>, 'source'>

const PRESETS = ['github', 'gitlab', 'slack', 'stripe', 'standard'] as const
const FROM = [...PRESETS, 'hmac', 'token'] as const
const KINDS = ['notify', 'ask'] as const
const ENCODINGS = ['hex', 'base64'] as const
const SIGNED = ['body', 'timestamp.body', 'id.timestamp.body'] as const

export const SECRET_FLAGS = {
  'secret-file': { type: 'string', value: 'path', summary: 'The file where the secret stands, which only you may read' },
  'secret-variable': { type: 'string', value: 'name', summary: "Or the variable of the daemon's environment" },
} as const satisfies Record<string, Flag>

/** How requests prove where they come from. Those below `--from` go with hmac and token. */
const VERIFY_FLAGS = {
  from: { type: 'string', value: 'scheme', summary: `How it is signed: ${FROM.join(', ')}`, values: FROM },
  ...SECRET_FLAGS,
  header: { type: 'string', value: 'name', summary: 'hmac, token: the header of the signature or the token' },
  prefix: { type: 'string', value: 'text', summary: 'hmac, token: what stands before it there, such as sha256=' },
  'id-header': { type: 'string', value: 'name', summary: 'hmac, token: the header with the id of an event' },
  'event-header': { type: 'string', value: 'name', summary: 'hmac, token: the header with the name of an event' },
  encoding: { type: 'string', value: 'encoding', summary: `hmac: ${ENCODINGS.join(' or ')} (hex)`, values: ENCODINGS },
  signed: { type: 'string', value: 'what', summary: `hmac: ${SIGNED.join(', ')} (body)`, values: SIGNED },
  'timestamp-header': { type: 'string', value: 'name', summary: 'hmac: the header with the time, in seconds' },
} as const satisfies Record<string, Flag>

export const SOURCE_FLAGS = {
  ...VERIFY_FLAGS,
  to: { type: 'string', value: 'address', summary: 'Who is told or asked, as seen from the circle of the source' },
  ...SELECT_FLAGS,
  kind: { type: 'string', value: 'kind', summary: 'notify, or ask for an answer (notify)', values: KINDS },
  deadline: { type: 'string', value: 'duration', summary: 'With ask: how long there is to answer (24h)' },
  ...PRIORITY_FLAG,
  topic: { type: 'string', value: 'template', summary: 'With notify: a newer one takes the place of one that waits' },
  text: { type: 'string', value: 'template', summary: 'What is said: {{path.to.field}}, {{@event}}, {{@body}}' },
  events: { type: 'string', value: 'names', summary: 'Only these events, separated by commas' },
  where: { type: 'string', value: 'field=value', repeats: true, summary: 'Only where the field is this; may be repeated' },
  'per-minute': { type: 'string', value: 'count', summary: 'At most so many events a minute (60)' },
} as const satisfies Record<string, Flag>

/** What the flags say; only what was given. With "none" an option goes, where something is changed. */
export function optionsOf({ flags, environment }: Pick<Invocation, 'flags' | 'environment'>): Update {
  const [verify, secret, select] = [verifyOf(flags), secretOf(flags, environment.cwd()), selectOf(flags)]
  const [to, text, kind, priority] = [flags.text('to'), flags.text('text'), flags.choice('kind', KINDS), flags.choice('priority', PRIORITIES)]
  const perMinute = flags.count('per-minute', { min: 1, max: LIMITS.maxEventsPerMinute })
  const where = flags.all('where').map(filterOf)
  return {
    ...(verify && { verify }),
    ...(secret && { secret }),
    ...(to !== undefined && { to, ...(select === undefined && { select: null }) }),
    ...(select && { select }),
    ...(kind && { kind }),
    ...orNone(flags, 'deadline'),
    ...(priority && { priority }),
    ...orNone(flags, 'topic'),
    ...(text !== undefined && { text }),
    ...(flags.text('events') !== undefined && { events: flags.text('events') === 'none' ? null : [...(flags.list('events') ?? [])] }),
    ...(where.length > 0 && { where }),
    ...(perMinute !== undefined && { perMinute }),
  }
}

/** The same for a new source, with what it cannot do without. */
export function creationOf(invocation: Invocation): Create {
  const { flags, words } = invocation
  const { verify, secret, to, ...rest } = optionsOf(invocation)
  if (verify === undefined) throw usageError('--from is missing', `Expected one of: ${FROM.join(', ')}.`)
  if (secret === undefined) throw noSecret()
  if (to === undefined) throw usageError('--to is missing', 'Say who is told or asked.')
  const circle = flags.text('circle')
  const given = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null))
  return { name: words[0] ?? '', verify, secret, to, ...given, ...(circle !== undefined && { circle }) }
}

function verifyOf(flags: Flags): Create['verify'] | undefined {
  const from = flags.choice('from', FROM)
  if (from === 'hmac') return { by: 'hmac', header: headerOf(flags), ...commonOf(flags), ...hmacOf(flags) }
  const foreign = flags.given.find((flag) => (from === 'token' ? HMAC_FLAGS : SCHEME_FLAGS).test(flag))
  if (foreign !== undefined) throw usageError(`--${foreign} does not go with this`, 'It goes with --from hmac; what a known program sends is known.')
  const header = flags.text('header')
  return from === 'token' ? { by: 'token', ...(header !== undefined && { header }), ...commonOf(flags) } : from
}

const HMAC_FLAGS = /^(?:encoding|signed|timestamp-header)$/
const SCHEME_FLAGS = /^(?:encoding|signed|prefix|(?:.+-)?header)$/

function headerOf(flags: Flags): string {
  const header = flags.text('header')
  if (header === undefined) throw usageError('--header is missing', 'Say in which header the signature stands.')
  return header
}

function commonOf(flags: Flags) {
  const [prefix, idHeader, eventHeader] = [flags.text('prefix'), flags.text('id-header'), flags.text('event-header')]
  return { ...(prefix !== undefined && { prefix }), ...(idHeader !== undefined && { idHeader }), ...(eventHeader !== undefined && { eventHeader }) }
}

function hmacOf(flags: Flags) {
  const [encoding, signed, timestampHeader] = [flags.choice('encoding', ENCODINGS), flags.choice('signed', SIGNED), flags.text('timestamp-header')]
  return { ...(encoding && { encoding }), ...(signed && { signed }), ...(timestampHeader !== undefined && { timestampHeader }) }
}

/** The secret that takes the place of another. */
export function newSecretOf({ flags, environment }: Pick<Invocation, 'flags' | 'environment'>): Create['secret'] {
  const secret = secretOf(flags, environment.cwd())
  if (secret === undefined) throw noSecret()
  return secret
}

function noSecret(): Error {
  return usageError('the secret is missing', 'Name the file where it stands with --secret-file <path>, or a variable with --secret-variable <name>.')
}

/** The daemon has a folder of its own, so a path goes to it from the root on. */
function secretOf(flags: Flags, cwd: string): Create['secret'] | undefined {
  const [file, variable] = [flags.text('secret-file'), flags.text('secret-variable')]
  if (file !== undefined && variable !== undefined) throw usageError('the secret is given twice', 'It stands in a file or in a variable.')
  if (file !== undefined) return { file: resolve(cwd, file) }
  return variable === undefined ? undefined : { variable }
}

function orNone<const Name extends 'deadline' | 'topic'>(flags: Flags, name: Name): { readonly [N in Name]?: string | null } {
  const said = flags.text(name)
  return (said === undefined ? {} : { [name]: said === 'none' ? null : said }) as { readonly [N in Name]?: string | null }
}

function filterOf(said: string): { field: string; is: string } {
  const at = said.indexOf('=')
  if (at < 1) throw usageError(`--where cannot be "${said}"`, 'Expected field=value, like action=opened.')
  return { field: said.slice(0, at), is: said.slice(at + 1) }
}
