/** A pull or merge request as its link names it. */
export interface PullRef {
  /** `owner/repository`, on GitLab with all groups. */
  readonly project: string
  readonly number: number
}

/** What changed between two heads, as far as it can be told. */
export interface Changed {
  readonly from?: string
  readonly commits?: number
  readonly files?: number
  readonly additions?: number
  readonly deletions?: number
}

export type State = 'open' | 'merged' | 'closed'
export type Checks = 'pending' | 'passing' | 'failing'
export type Verdict = 'approve' | 'request_changes' | 'comment'

export interface ForgeReview {
  readonly by: string
  readonly verdict: Verdict
  readonly sha?: string
  readonly at: string
}

/** What a forge says about a pull or merge request at one moment. */
export interface PullFacts {
  readonly head?: string
  readonly state: State
  readonly title: string
  readonly author?: string
  readonly url: string
  /** Absent where the forge runs none. */
  readonly checks?: Checks
  /** The oldest first. */
  readonly reviews: readonly ForgeReview[]
}

/** One forge, whatever it is called there. Each call looks, as cheaply as the forge allows, and is repeated by whoever wants to look again. */
export interface Forge {
  readonly host: string
  /** @throws ForgeError */
  pullRequest(ref: PullRef, signal: AbortSignal): Promise<PullFacts>
  /** What came from one head to another. `{ from }` alone where the forge cannot compare them, as after a force push. @throws ForgeError */
  compare(project: string, from: string, to: string, signal: AbortSignal): Promise<Changed>
  /** How many calls the forge still allows, as it last said. */
  readonly allowance: string | undefined
  close(): Promise<void>
}

/**
 * Why a look failed. `missing`: there is no such thing, or the token may not see it. `refused`: the token is not good, or not for this.
 * `limited`: no call before `retryAt`. `unreachable`: nothing came, or an error of the server. `unexpected`: it said what none of its documentation does.
 */
export type ForgeErrorKind = 'missing' | 'refused' | 'limited' | 'unreachable' | 'unexpected'

/** A failed look. The message is in words of our own. */
export class ForgeError extends Error {
  override readonly name = 'ForgeError'
  readonly kind: ForgeErrorKind
  /** By the clock that the forge was given. */
  readonly retryAt: number | undefined

  constructor(kind: ForgeErrorKind, message: string, retryAt?: number) {
    super(message)
    this.kind = kind
    this.retryAt = retryAt
  }
}

/** What a token may not see, or a forge of that version or plan does not have, is absent. */
export async function ifVisible<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ForgeError && error.kind === 'missing') return undefined
    throw error
  }
}
