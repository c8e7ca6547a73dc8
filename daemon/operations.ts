import type { OperationName, Output, Parsed } from '../src/contract/index.ts'
import { type ErrorCode, MusterError } from '../src/errors.ts'
import {
  asPeer,
  type Caller,
  type Command,
  type CommandName,
  type LedName,
  type PeerCaller,
  type Query,
  type QueryName,
  type RunnableName,
  type ScanName,
} from './caller.ts'
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
  /** The commands that only who leads may call: all that the contract says, which the compiler sees to. */
  readonly led: { readonly [N in LedName]: true }
  /** Refuses a caller that does not lead its circle with this fencing token, in the transaction of its command. @throws MusterError `not_leading` */
  readonly requireLeader: (tx: Tx, caller: PeerCaller, token: string) => void
}

export interface OperationStats {
  readonly calls: Map<string, number>
  readonly errors: Map<ErrorCode, number>
}

/** Runs operations that were admitted: idempotency, and the right way for each kind. It knows the contract by its types only: a start loads no schema. */
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

  /** Runs an admitted operation and settles once: a query at once, a command after its commit, a scan when it is done. */
  run(caller: Caller, name: RunnableName, input: unknown, settle: (outcome: Outcome<unknown>) => void): void {
    const kind = this.#kindOf(name)
    const traced = this.#tracing?.operation(name, kind, caller, input)
    const counted = (outcome: Outcome<unknown>) => {
      if (!outcome.ok) this.count(outcome.error)
      traced?.(outcome)
      settle(outcome)
    }
    if (kind === 'command') this.#pipeline.submit((tx) => this.#command(tx, caller, name as CommandName, input), counted)
    else if (kind === 'scan') this.#scan(caller, name as ScanName, input, counted)
    else counted(this.#query(caller, name as QueryName, input))
  }

  countCall(name: OperationName): void {
    this.stats.calls.set(name, (this.stats.calls.get(name) ?? 0) + 1)
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

  #kindOf(name: RunnableName): 'command' | 'query' | 'scan' {
    if (name in this.#handlers.commands) return 'command'
    return name in this.#handlers.queries ? 'query' : 'scan'
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
    if (name in this.#handlers.led) this.#handlers.requireLeader(tx, asPeer(caller), (input as { token: string }).token)
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

/** Idempotency keys belong to who sends them; enrolments and administrators get negative numbers of their own. */
function actorOf(caller: Caller): number {
  if (caller.kind === 'peer') return caller.peerId
  return caller.kind === 'enrolment' ? -2 * caller.enrolmentId : -2 * caller.credentialId - 1
}

function threadOf(input: unknown): string | undefined {
  const thread = (input as { thread?: unknown }).thread
  return typeof thread === 'string' ? thread : undefined
}
