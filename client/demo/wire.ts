/** What the processes of the demo say to each other besides Muster: the stage gives cues, an actor reports what happens to it. */
import type { Message } from '../index.ts'

/** What the stage checks; the words for the reader are in {@link Report.text}. */
export type Fact =
  | { readonly what: 'joined'; readonly id: string }
  | { readonly what: 'reconnected' }
  | { readonly what: 'sent'; readonly body: string; readonly to: readonly string[]; readonly reach: readonly string[]; readonly message: string }
  | {
      readonly what: 'handed'
      readonly kind: Message['kind']
      readonly body: string
      readonly attempt: number
      readonly redelivered: boolean
      readonly late: boolean
      readonly hops: number
    }
  /** What an actor did, and with what result. */
  | { readonly what: 'did'; readonly deed: string; readonly result: string }
  | { readonly what: 'ended'; readonly as: 'answered' | 'declined' | 'cancelled' | 'expired' | 'failed'; readonly body: string }

export interface Report {
  /** Epoch milliseconds in the process that reports, since reports of two processes may overtake each other. */
  readonly at: number
  readonly who: string
  readonly text: string
  readonly fact: Fact
}
