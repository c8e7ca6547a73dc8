import type { ChannelErrand, Input } from '../../src/contract/index.ts'

/** One service by which people are reached. */
export interface Channel {
  /** Says a notice. @returns what the other side calls the message, where it says so @throws ChannelError */
  send(errand: ChannelErrand, signal: AbortSignal): Promise<string | undefined>
  /** Takes back what was said under the tag of a notice, which says how it was settled. @throws ChannelError */
  withdraw(errand: ChannelErrand, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

type Outcome = Exclude<Input<'channels.report'>['outcome'], 'sent'>

/** Why nothing was sent. Its message holds no word of the other side, and no secret. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError'
  readonly outcome: Outcome
  readonly retryAfterSeconds: number | undefined

  constructor(outcome: Outcome, message: string, retryAfterSeconds?: number) {
    super(message)
    this.outcome = outcome
    this.retryAfterSeconds = retryAfterSeconds
  }
}
