/** What the processes of the demo say to each other besides Muster: the stage gives cues, an actor reports what happens to it. */
import type { Message } from '../index.ts'

export const NAMES = ['lead', 'builder', 'tester', 'writer'] as const
export type Name = (typeof NAMES)[number]

/** When an actor does something of its own accord. */
export type Cue = 'question' | 'favour' | 'freeze' | 'changelog' | 'suite' | 'news' | 'note'

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
  | { readonly what: 'ended'; readonly as: 'answered' | 'declined' | 'cancelled' | 'expired' | 'failed'; readonly body: string }

export interface Report {
  /** Epoch milliseconds in the process that reports, since reports of two processes may overtake each other. */
  readonly at: number
  readonly who: Name
  readonly text: string
  readonly fact: Fact
}
