import type * as z from 'zod'
import { OPERATIONS, type OperationName, type Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { whyNotKept } from '../../src/plain-json.ts'
import type { Caller } from '../caller.ts'
import { requireLive } from '../peers/index.ts'
import type { GatewayDeps } from './deps.ts'

export interface Admitted {
  readonly name: OperationName
  /** As the contract parsed it. */
  readonly input: unknown
}

/**
 * Checks the name, the access and the input of a call, the same for every door.
 *
 * @throws MusterError `unknown_operation`, `forbidden`, `unauthenticated`, `invalid_input` or `too_large`
 */
export function admit({ store, runner }: Pick<GatewayDeps, 'store' | 'runner'>, caller: Caller, name: string, params: unknown): Admitted {
  if (!Object.hasOwn(OPERATIONS, name)) throw new MusterError('unknown_operation', { operation: echoed(name), hint: 'hello lists the operations.' })
  const operation = OPERATIONS[name as OperationName]
  runner.countCall(operation.name)
  if (!allows(operation.access, caller)) {
    throw new MusterError('forbidden', { operation: name, access: operation.access, hint: `${name} takes ${ACCESS_HINTS[operation.access]}.` })
  }
  // The others are asked when they run, which may be later.
  if (operation.kind === 'stream') requireLive(store, caller)
  const hint = whyNotKept(params)
  if (hint !== undefined) throw new MusterError('invalid_input', { hint })
  const parsed = operation.input.safeParse(params ?? {})
  if (!parsed.success) throw invalidInput(parsed.error)
  return { name: operation.name, input: operation.name === 'actions.propose' ? proposed(parsed.data as never) : parsed.data }
}

/** What makes, names or ends an authority is done by whoever has it. */
const NEVER_PROPOSED = /^(?:pairings|devices|actions|passphrase|credentials|enrolments|push|channels)\./

/** An action is held against the contract as it is proposed, so that a person is shown what would be done and nothing that would be refused as bad input. */
function proposed(proposal: Parsed<'actions.propose'>): Parsed<'actions.propose'> {
  const operation = Object.hasOwn(OPERATIONS, proposal.operation) ? OPERATIONS[proposal.operation as OperationName] : undefined
  const isPossible = operation?.kind === 'command' && PROPOSABLE.has(operation.access) && !NEVER_PROPOSED.test(operation.name)
  if (!isPossible)
    throw new MusterError('invalid_input', {
      field: 'operation',
      hint: 'Expected a command that a person may call, and none about devices, passphrases, credentials or channels.',
    })
  const parsed = operation.input.safeParse(proposal.input)
  if (!parsed.success) throw invalidInput(parsed.error)
  return { ...proposal, input: parsed.data as Record<string, unknown> }
}
const PROPOSABLE: ReadonlySet<string> = new Set(['any', 'peer', 'reader', 'person'])

export const ACCESS_HINTS = {
  anyone: 'no credential',
  any: 'any credential',
  enrolment: 'an enrolment credential',
  peer: "a peer's credential",
  reader: "a peer's or the administrator's credential",
  admin: "the administrator's credential",
  person: "the credential of a person's paired device",
  leader: 'the credential of the orchestrator that leads',
} as const

function allows(access: keyof typeof ACCESS_HINTS, caller: Caller): boolean {
  switch (access) {
    case 'anyone':
      return true
    case 'any':
      return caller.kind !== 'nobody'
    case 'person':
      return caller.kind === 'peer' && caller.role === 'person'
    case 'reader':
      return caller.kind === 'peer' || caller.kind === 'admin'
    // Whether it leads is asked in the transaction.
    case 'leader':
      return caller.kind === 'peer' && caller.role === 'orchestrator'
    default:
      return caller.kind === access
  }
}

/** Names that a caller made up are repeated to this length, and no more of them than this. */
const MAX_ECHOED_CHARS = 64
const MAX_ECHOED = 10

function echoed(text: string): string {
  return text.length > MAX_ECHOED_CHARS ? `${text.slice(0, MAX_ECHOED_CHARS)}…` : text
}

/** The first issue in words, all of them in `issues`, and the names of fields that do not exist in `unknown`; each cut to a bounded length. */
export function invalidInput(error: z.ZodError): MusterError {
  const unknown = error.issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : [])).slice(0, MAX_ECHOED)
  const issues = error.issues.slice(0, MAX_ECHOED).map((issue) => ({
    path: echoed(issue.path.join('.')),
    message: issue.code === 'unrecognized_keys' ? `Unknown field: ${issue.keys.slice(0, MAX_ECHOED).map(echoed).join(', ')}` : issue.message,
  }))
  const tooLarge = error.issues.some((issue) => issue.code === 'custom' && issue.params?.['code'] === 'too_large')
  const first = issues[0]
  const hint = first ? `${first.path ? `${first.path}: ` : ''}${first.message}` : 'The input does not fit.'
  return new MusterError(tooLarge ? 'too_large' : 'invalid_input', { issues, ...(unknown.length > 0 ? { unknown: unknown.map(echoed) } : {}), hint })
}
