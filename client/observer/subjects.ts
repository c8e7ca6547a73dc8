import type { Input, Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { readPullRequest } from '../../src/review-subjects.ts'
import type { Changed, PullFacts } from './forge.ts'
import type { RefFacts } from './repositories.ts'

/** What the daemon wants to be looked at. */
export type Subject = Output<'reviews.watched'>['subjects'][number]
type Observation = Input<'reviews.observe'>['observations'][number]
/** What a look has shown, in the form in which it is reported. */
export type Facts = Omit<Observation, 'subject' | 'at'>

/** Of a login, as the daemon takes it. */
const MAX_NAME_CHARS = 100
const SHA = /^[0-9a-f]{7,64}$/
const CONTROL = /[\p{Cc}\p{Surrogate}\u2028\u2029]+/gu

/** What a forge says, as far as the daemon takes it: bounded, in one line each, and with links to that forge only. */
export function factsOfPull(host: string, pull: PullFacts, changed: Changed | undefined): Facts {
  const title = line(pull.title, LIMITS.maxTitleChars)
  const author = line(pull.author ?? '', MAX_NAME_CHARS)
  return {
    state: pull.state,
    ...shaField('head', pull.head),
    ...(title !== '' && { title }),
    ...(author !== '' && { author }),
    ...(changed && { changed: toChanged(changed) }),
    ...(pull.checks && { checks: pull.checks }),
    // The newest, where there are too many.
    reviews: pull.reviews.slice(-LIMITS.maxForgeReviews).flatMap(({ by, verdict, sha, at }) => {
      const [name, time] = [line(by, MAX_NAME_CHARS), Date.parse(at)]
      return name === '' || Number.isNaN(time) ? [] : [{ by: name, verdict, ...shaField('sha', sha), at: new Date(time).toISOString() }]
    }),
    ...(readPullRequest(pull.url)?.host === host && { url: pull.url }),
  }
}

export function factsOfRef({ state, head, changed }: RefFacts): Facts {
  return { state, ...shaField('head', head), ...(changed && { changed: toChanged(changed) }) }
}

function toChanged({ from, ...counts }: Changed): NonNullable<Facts['changed']> {
  return { ...shaField('from', from), ...counts }
}

function shaField<Name extends string>(name: Name, sha: string | undefined): { readonly [N in Name]?: string } {
  return sha !== undefined && SHA.test(sha) ? ({ [name]: sha } as { readonly [N in Name]: string }) : {}
}

function line(text: string, maxChars: number): string {
  return text.slice(0, maxChars).replace(CONTROL, ' ').trim()
}
