import type * as z from 'zod'
import { OPERATIONS, type OperationName, type Output, type Parsed } from '../src/contract/index.ts'
import { type ErrorCode, MusterError } from '../src/errors.ts'
import { asPeer, type Caller, type Command, type CommandName, type PeerCaller, type Query, type QueryName, type RunnableName, type ScanName } from './caller.ts'
import { requireLive } from './peers/credentials.ts'
import type { ScanPort } from './scans/port.ts'
import { findRepeat, rememberSuccess } from './store/idempotency.ts'
import type { Outcome, Pipeline } from './store/pipeline.ts'
import type { Store } from './store/store.ts'
import type { Tx } from './store/transaction.ts'
import type { Tracing } from './tracing.ts'

/** One handler for each command and query of the contract. */
export interface Handlers {
  readonly commands: { readonly [N in CommandName]: Command<N> }
  readonly queries: { readonly [N in QueryName]: Query<N> }
  /** Acks what a pull session was handed of a thread, when it names the thread. */
  readonly ackThread: (tx: Tx, peerId: number, threadId: number) => void
  /** Refuses a caller that does not lead its circle with this fencing token, in the transaction of its command. @throws MusterError `not_leading` */
  readonly requireLeader: (tx: Tx, caller: PeerCaller, token: string) => void
}

export interface OperationStats {
  readonly calls: Map<string, number>
  readonly errors: Map<ErrorCode, number>
}

/** Runs operations: access, validation, idempotency and the right way for each kind. The same for every door. */
export class OperationRunner {
  readonly stats: OperationStats = { calls: new Map(), errors: new Map() }
  readonly #store: Store
  readonly #pipeline: Pipeline
  readonly #handlers: Handlers
  readonly #scans: ScanPort
  readonly #tracing: Tracing | undefined

  constructor(options: {
    readonly store: Store
    readonly pipeline: Pipeline
    readonly handlers: Handlers
    readonly scans: ScanPort
    readonly tracing?: Tracing | undefined
  }) {
    this.#store = options.store
    this.#pipeline = options.pipeline
    this.#handlers = options.handlers
    this.#scans = options.scans
    this.#tracing = options.tracing
  }

  /**
   * Checks the name, the access and the input.
   *
   * @throws MusterError `unknown_operation`, `forbidden`, `unauthenticated`, `invalid_input` or `too_large`
   */
  admit(caller: Caller, name: string, params: unknown): { readonly name: OperationName; readonly input: unknown } {
    if (!Object.hasOwn(OPERATIONS, name)) throw new MusterError('unknown_operation', { operation: echoed(name), hint: 'hello lists the operations.' })
    const operation = OPERATIONS[name as OperationName]
    this.stats.calls.set(name, (this.stats.calls.get(name) ?? 0) + 1)
    if (!allows(operation.access, caller)) {
      throw new MusterError('forbidden', { operation: name, access: operation.access, hint: `${name} takes ${ACCESS_HINTS[operation.access]}.` })
    }
    // The others are asked when they run, which may be later.
    if (operation.kind === 'stream') requireLive(this.#store, caller)
    const parsed = operation.input.safeParse(params ?? {})
    if (!parsed.success) throw invalidInput(parsed.error)
    return { name: operation.name, input: parsed.data }
  }

  /** Runs an admitted operation and settles once: a query at once, a command after its commit, a scan when it is done. */
  run(caller: Caller, name: RunnableName, input: unknown, settle: (outcome: Outcome<unknown>) => void): void {
    const traced = this.#tracing?.operation(name, OPERATIONS[name].kind, caller, input)
    const counted = (outcome: Outcome<unknown>) => {
      if (!outcome.ok) this.count(outcome.error)
      traced?.(outcome)
      settle(outcome)
    }
    const { kind } = OPERATIONS[name]
    if (kind === 'command') this.#pipeline.submit((tx) => this.#command(tx, caller, name as CommandName, input), counted)
    else if (kind === 'scan') this.#scan(caller, name as ScanName, input, counted)
    else counted(this.#query(caller, name as QueryName, input))
  }

  count(error: MusterError): void {
    this.stats.errors.set(error.code, (this.stats.errors.get(error.code) ?? 0) + 1)
  }

  /** A query or a stream named a thread: what was handed over of it has been received. */
  named(caller: Caller, input: unknown): void {
    const thread = threadOf(input)
    if (thread === undefined || caller.kind !== 'peer' || caller.mode !== 'pull') return
    this.#pipeline.submit(
      (tx) => this.#handlers.ackThread(tx, caller.peerId, tx.number('thread', thread)),
      () => undefined,
    )
  }

  #command(tx: Tx, caller: Caller, name: CommandName, input: unknown): unknown {
    requireLive(tx, caller)
    const handler = this.#handlers.commands[name] as Command<CommandName>
    const key = (input as { key?: string }).key
    if (key === undefined) return this.#runHandler(tx, caller, handler, { name, input })
    const keyed = { actor: actorOf(caller), operation: name, key, input }
    const repeat = findRepeat(tx, keyed)
    if (repeat && handler.replay) return handler.replay(tx, caller, repeat, input as Parsed<CommandName>)
    const output = this.#runHandler(tx, caller, handler, { name, input })
    if (tx.created) rememberSuccess(tx, keyed, tx.created)
    return output
  }

  #runHandler(tx: Tx, caller: Caller, handler: Command<CommandName>, { name, input }: { readonly name: CommandName; readonly input: unknown }): unknown {
    if (OPERATIONS[name].access === 'leader') this.#handlers.requireLeader(tx, asPeer(caller), (input as { token: string }).token)
    const output = handler.run(tx, caller, input as Parsed<CommandName>)
    const thread = caller.kind === 'peer' && caller.mode === 'pull' ? threadOf(input) : undefined
    if (thread !== undefined && caller.kind === 'peer') this.#handlers.ackThread(tx, caller.peerId, tx.number('thread', thread))
    return output
  }

  #query(caller: Caller, name: QueryName, input: unknown): Outcome<unknown> {
    try {
      requireLive(this.#store, caller)
      const value: Output<QueryName> = (this.#handlers.queries[name] as Query<QueryName>)(this.#store, caller, input as never)
      this.named(caller, input)
      return { ok: true, value }
    } catch (error) {
      if (error instanceof MusterError) return { ok: false, error }
      throw error
    }
  }

  #scan(caller: Caller, name: ScanName, input: unknown, settle: (outcome: Outcome<unknown>) => void): void {
    try {
      requireLive(this.#store, caller)
    } catch (error) {
      return settle({ ok: false, error: error as MusterError })
    }
    this.#scans.run({ name, caller, input }, (outcome) => {
      if (outcome.ok) this.named(caller, input)
      settle(outcome)
    })
  }
}

const ACCESS_HINTS = {
  any: 'any credential',
  enrolment: 'an enrolment credential',
  peer: "a peer's credential",
  reader: "a peer's or the administrator's credential",
  admin: "the administrator's credential",
  leader: 'the credential of the orchestrator that leads',
} as const

function allows(access: keyof typeof ACCESS_HINTS, caller: Caller): boolean {
  switch (access) {
    case 'any':
      return true
    case 'reader':
      return caller.kind === 'peer' || caller.kind === 'admin'
    // Whether it leads is asked in the transaction.
    case 'leader':
      return caller.kind === 'peer' && caller.role === 'orchestrator'
    default:
      return caller.kind === access
  }
}

/** Idempotency keys belong to who sends them; enrolments and administrators get negative numbers of their own. */
function actorOf(caller: Caller): number {
  if (caller.kind === 'peer') return caller.peerId
  return caller.kind === 'enrolment' ? -2 * caller.enrolmentId : -2 * caller.credentialId - 1
}

function threadOf(input: unknown): string | undefined {
  const thread = (input as { thread?: unknown }).thread
  return typeof thread === 'string' ? thread : undefined
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
