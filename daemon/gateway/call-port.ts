import type { Input, OperationName, Output, Peer } from '../../src/contract/index.ts'
import type { Receipt, ToolPort } from '../../src/tools/port.ts'
import type { PeerCaller } from '../caller.ts'
import type { Outcome } from '../store/pipeline.ts'
import type { GatewayDeps } from './deps.ts'
import { callOnce, endingOf } from './one-call.ts'

export interface CallPortOptions {
  readonly deps: GatewayDeps
  readonly caller: PeerCaller
  readonly key: string
  readonly signal: AbortSignal
}

/** A tool call's way to the daemon that it runs in. */
export class CallPort implements ToolPort {
  readonly key: string
  readonly signal: AbortSignal
  readonly #deps: GatewayDeps
  readonly #caller: PeerCaller

  constructor({ deps, caller, key, signal }: CallPortOptions) {
    this.#deps = deps
    this.#caller = caller
    this.key = key
    this.signal = signal
  }

  get cursor(): string | undefined {
    return this.#deps.calls.cursorOf(this.#caller.credentialId)
  }

  call<N extends OperationName>(operation: N, input: Input<N>): Promise<Output<N>> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) throw endingOf(this.signal)
      this.#run(operation, input, (outcome) => (outcome.ok ? resolve(outcome.value as Output<N>) : reject(outcome.error)))
    })
  }

  async self(): Promise<Peer> {
    const { peer } = await this.call('peers.get', { peer: this.#deps.store.id('peer', this.#caller.peerId) })
    return peer
  }

  /** A result has gone out: what it handed over counts as received from the next call on, what it showed is acked now. */
  received({ cursor, shown = [] }: Receipt): void {
    const { calls } = this.#deps
    if (calls.closed) return
    if (cursor !== undefined) calls.moveCursor(this.#caller.credentialId, cursor)
    // Where this fails, the messages are delivered once more.
    if (shown.length > 0) this.#run('mailbox.ack', { deliveries: [...shown] }, () => undefined)
  }

  #run<N extends OperationName>(operation: N, input: Input<N>, settle: (outcome: Outcome<unknown>) => void): void {
    callOnce({ deps: this.#deps, caller: this.#caller, signal: this.signal }, operation, input, settle)
  }
}
