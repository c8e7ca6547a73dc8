import type { Credential, Enrolment, Input } from '../../../src/contract/index.ts'
import { formatTime, parseDuration } from '../../../src/time.ts'
import { momentOf } from '../arguments.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { family } from '../family.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { relativeTime } from '../when.ts'

/** Without `person`: that authority comes from a paired device only. */
const ROLES = ['agent', 'orchestrator', 'service', 'observer'] as const
const MAX_USES = 1_000_000

const LABEL = { label: { type: 'string', value: 'text', summary: 'What it is for' } } as const
const ENROL_FLAGS = {
  circle: { type: 'string', value: 'circle', summary: 'The circle to join (main); made where there is none' },
  roles: { type: 'string', value: 'list', summary: `The roles it may mint (agent,service), of ${ROLES.join(', ')}` },
  expires: { type: 'string', value: 'when', summary: '15m, 24h or a time (never)' },
  'max-uses': { type: 'string', value: 'count', summary: 'How many peers it may mint (any number)' },
  ...LABEL,
} as const

export const command = family({
  name: 'token',
  about: [
    'Credentials. `issue` mints one more for a peer (of the administrator where none is named), `enrol` one that lets programs join a circle.',
    'A new token is printed on stdout, once: only its hash is stored. Revoking closes the connections that use it; what an enrolment minted stays.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The credentials and enrolments', words: ['peer?'], run: list },
    issue: { summary: 'Mint one more credential', words: ['peer?'], flags: LABEL, run: issue },
    enrol: { summary: 'Let programs join a circle', words: [], flags: ENROL_FLAGS, run: enrol },
    revoke: { summary: 'End a credential or an enrolment', words: ['id'], run: revoke },
  },
  examples: [
    ['muster token list', 'what there is'],
    ['muster token enrol --max-uses 1 --expires 1h', 'let one program join'],
    ['muster token issue bob --label laptop', 'bob on another machine'],
    ['muster token revoke crd_k7qm2x4', 'end one'],
  ],
})

const ID_PREFIXES = { credential: 'crd_', enrolment: 'enr_' } as const

async function list(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [peer] = words
  const { credentials, enrolments } = await asReader(invocation, async ({ call, hello }) => {
    // Enrolments are the administrator's; asked about one peer, they are beside the question.
    const isAdmin = hello.you.kind === 'admin' && peer === undefined
    const { enrolments } = isAdmin ? await call('enrolments.list', {}) : { enrolments: [] }
    return { ...(await call('credentials.list', peer === undefined ? {} : { peer })), enrolments }
  })
  const rows = [...credentials, ...enrolments]
  const show = (): void => {
    if (credentials.length > 0) showCredentials(out, credentials)
    if (credentials.length > 0 && enrolments.length > 0) out.line()
    if (enrolments.length > 0) showEnrolments(out, enrolments)
  }
  return showList(out, { document: { credentials, enrolments }, rows, show, none: 'There are none.' })
}

async function issue(invocation: Invocation): Promise<number> {
  const { words, flags, out } = invocation
  const [peer] = words
  const label = flags.text('label')
  const input = { ...(peer !== undefined && { peer }), ...(label !== undefined && { label }) }
  const { credential, token } = await asReader(invocation, ({ call }) => call('credentials.create', input))
  if (out.json) out.document({ credential, token })
  else out.line(token)
  out.note(`${credential.id} speaks for ${ownerOf(credential)}. It is not shown again.`)
  return EXIT.ok
}

async function enrol(invocation: Invocation): Promise<number> {
  const { out } = invocation
  const input = enrolmentInput(invocation)
  const { enrolment, token } = await asReader(invocation, ({ call }) => call('enrolments.create', input))
  if (out.json) out.document({ enrolment, token })
  else out.line(token)
  out.note(`${enrolment.id} lets programs join ${enrolment.circle} as ${enrolment.roles.join(' or ')}. It is not shown again.`)
  return EXIT.ok
}

function enrolmentInput({ flags, environment }: Invocation): Input<'enrolments.create'> {
  const circle = flags.text('circle')
  const label = flags.text('label')
  const roles = flags.list('roles')
  const maxUses = flags.count('max-uses', { min: 1, max: MAX_USES })
  const expires = flags.text('expires')
  const moment = expires === undefined ? undefined : momentOf('expires', expires)
  const expiresAt = moment && ('time' in moment ? moment.time : formatTime(environment.now() + (parseDuration(moment.duration) ?? 0)))
  return {
    ...(circle !== undefined && { circle }),
    ...(label !== undefined && { label }),
    ...(roles && { roles: roles.map(roleOf) }),
    ...(maxUses !== undefined && { maxUses }),
    ...(expiresAt !== undefined && { expiresAt }),
  }
}

function roleOf(word: string): (typeof ROLES)[number] {
  const role = ROLES.find((known) => known === word)
  if (!role) throw usageError(`--roles cannot contain "${word}"`, `Expected some of: ${ROLES.join(', ')}.`)
  return role
}

async function revoke(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [id = ''] = words
  const isEnrolment = id.startsWith(ID_PREFIXES.enrolment)
  // The word is not repeated: it may be a token, and this line may end up in a log.
  if (!isEnrolment && !id.startsWith(ID_PREFIXES.credential)) {
    throw usageError('that is no id of a credential or an enrolment', 'Expected one like crd_k7qm2x4 or enr_k7qm2x1; muster token list shows them.')
  }
  if (isEnrolment) {
    const { enrolment } = await asReader(invocation, ({ call }) => call('enrolments.revoke', { enrolment: id }))
    if (out.json) out.document({ enrolment })
    else out.line(`${id} mints no more peers. The ones it minted stay.`)
  } else {
    const { credential } = await asReader(invocation, ({ call }) => call('credentials.revoke', { credential: id }))
    if (out.json) out.document({ credential })
    else out.line(`${id} of ${ownerOf(credential)} is revoked.`)
  }
  return EXIT.ok
}

function showCredentials(out: Output, credentials: readonly Credential[]): void {
  out.table(
    ['CREDENTIAL', 'OF', 'CREATED', 'USED', 'STATE', 'LABEL'],
    credentials.map((one) => [
      one.id,
      ownerOf(one),
      relativeTime(one.createdAt, out.now),
      relativeTime(one.lastUsedAt, out.now),
      one.revokedAt ? 'revoked' : 'live',
      one.label,
    ]),
  )
}

function showEnrolments(out: Output, enrolments: readonly Enrolment[]): void {
  out.table(
    ['ENROLMENT', 'CIRCLE', 'ROLES', 'USES', 'CREATED', 'EXPIRES', 'STATE', 'LABEL'],
    enrolments.map((one) => [
      one.id,
      one.circle,
      one.roles.join(','),
      one.maxUses === null ? String(one.uses) : `${one.uses}/${one.maxUses}`,
      relativeTime(one.createdAt, out.now),
      relativeTime(one.expiresAt, out.now),
      one.revokedAt ? 'revoked' : 'live',
      one.label,
    ]),
  )
}

function ownerOf(credential: Credential): string {
  return credential.peer === null ? 'the administrator' : peerName(credential.peer)
}
