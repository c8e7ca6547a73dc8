import type { Credential, Enrolment, Input } from '../../../src/contract/index.ts'
import { formatTime, parseDuration } from '../../../src/time.ts'
import { expectWords, momentOf } from '../arguments.ts'
import type { Caller } from '../caller.ts'
import type { Command, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { nearest } from '../nearest.ts'
import { openReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { relativeTime } from '../when.ts'

/** Without `person`: that authority comes from a paired device only. */
const ROLES = ['agent', 'orchestrator', 'service', 'observer'] as const
const MAX_USES = 1_000_000

export const command: Command = {
  usage: [
    'token list [<peer>]',
    'token issue [<peer>] [--label <text>]',
    'token enrol [--circle <name>] [--roles <list>] [--expires <when>] [--max-uses <count>]',
    'token revoke <id>',
  ],
  about: [
    'Credentials. `issue` mints one more for a peer (of the administrator where none is named), `enrol` one that lets programs join a circle.',
    'A new token is printed on stdout, once: only its hash is stored. Revoking closes the connections that use it; what an enrolment minted stays.',
  ],
  flags: {
    label: { type: 'string', value: 'text', summary: 'What it is for' },
    circle: { type: 'string', value: 'name', summary: 'enrol: the circle to join (main)' },
    roles: { type: 'string', value: 'list', summary: `enrol: the roles it may mint (agent,service), of ${ROLES.join(', ')}` },
    expires: { type: 'string', value: 'when', summary: 'enrol: 15m, 24h or a time (never)' },
    'max-uses': { type: 'string', value: 'count', summary: 'enrol: how many peers it may mint (any number)' },
  },
  examples: [
    ['muster token list', 'what there is'],
    ['muster token enrol --max-uses 1 --expires 1h', 'let one program join'],
    ['muster token issue bob --label laptop', 'bob on another machine'],
    ['muster token revoke crd_k7qm2x4', 'end one'],
  ],
  run: token,
}

const ACTIONS: Readonly<Record<string, (invocation: Invocation, caller: Caller) => Promise<void>>> = { list, issue, enrol, revoke }
const ID_PREFIXES = { credential: 'crd_', enrolment: 'enr_' } as const

async function token(invocation: Invocation): Promise<number> {
  const [action = 'list', ...words] = invocation.words
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined
  if (!act) {
    const near = nearest(action, Object.keys(ACTIONS))
    throw usageError(`muster token has no "${action}"`, near ? `Did you mean muster token ${near}?` : `Expected one of: ${Object.keys(ACTIONS).join(', ')}.`)
  }
  checkWords(action, words)
  const rest = { ...invocation, words }
  if (action === 'enrol') enrolmentInput(rest)
  const caller = await openReader(invocation)
  await act(rest, caller).finally(caller.close)
  return EXIT.ok
}

/** Before connecting: a mistyped command must not join anybody as a peer. */
function checkWords(action: string, words: readonly string[]): void {
  if (action === 'enrol') expectWords(words, [], 'token enrol [flags]')
  else if (action === 'revoke') expectId(words)
  else expectWords(words, ['peer?'], `token ${action} [<peer>]`)
}

function expectId(words: readonly string[]): void {
  expectWords(words, ['id'], 'token revoke <id>')
  const known = Object.values(ID_PREFIXES).some((prefix) => words[0]?.startsWith(prefix))
  // The word is not repeated: it may be a token, and this line may end up in a log.
  if (!known) throw usageError('that is no id of a credential or an enrolment', 'Expected one like crd_k7qm2x4 or enr_k7qm2x1; muster token list shows them.')
}

async function list({ words, out }: Invocation, { call, hello }: Caller): Promise<void> {
  const [peer] = words
  const { credentials } = await call('credentials.list', peer === undefined ? {} : { peer })
  // Enrolments are the administrator's; asked about one peer, they are beside the question.
  const isAdmin = hello.you.kind === 'admin' && peer === undefined
  const { enrolments } = isAdmin ? await call('enrolments.list', {}) : { enrolments: [] }
  if (out.json) return out.document({ credentials, enrolments })
  if (credentials.length > 0) showCredentials(out, credentials)
  if (enrolments.length > 0) {
    if (credentials.length > 0) out.line()
    showEnrolments(out, enrolments)
  }
  if (credentials.length + enrolments.length === 0) out.note('There are none.')
}

async function issue({ words, flags, out }: Invocation, { call }: Caller): Promise<void> {
  const [peer] = words
  const label = flags.text('label')
  const { credential, token } = await call('credentials.create', { ...(peer !== undefined && { peer }), ...(label !== undefined && { label }) })
  if (out.json) return out.document({ credential, token })
  out.line(token)
  out.note(`${credential.id} speaks for ${ownerOf(credential)}. It is not shown again.`)
}

async function enrol(invocation: Invocation, { call }: Caller): Promise<void> {
  const { out } = invocation
  const { enrolment, token } = await call('enrolments.create', enrolmentInput(invocation))
  if (out.json) return out.document({ enrolment, token })
  out.line(token)
  out.note(`${enrolment.id} lets programs join ${enrolment.circle} as ${enrolment.roles.join(' or ')}. It is not shown again.`)
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

async function revoke({ words: [id = ''], out }: Invocation, { call }: Caller): Promise<void> {
  if (id.startsWith(ID_PREFIXES.enrolment)) {
    const { enrolment } = await call('enrolments.revoke', { enrolment: id })
    if (out.json) out.document({ enrolment })
    else out.line(`${id} mints no more peers. The ones it minted stay.`)
    return
  }
  const { credential } = await call('credentials.revoke', { credential: id })
  if (out.json) out.document({ credential })
  else out.line(`${id} of ${ownerOf(credential)} is revoked.`)
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
