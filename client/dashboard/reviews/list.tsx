import './reviews.css'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { Input, Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { Older } from '../parts/older.tsx'
import { Page } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { connection } from '../session/connection.ts'
import { type Live, useLive } from '../session/live.ts'
import { RequestReview } from './actions.tsx'
import { CHECKS, type Review, STATES, VERDICTS } from './words.ts'

const PAGE = 40
const SHOWN = [
  ['owed', 'To review, the most urgent first'],
  ['reviewed', 'Reviewed'],
  ['ended', 'Ended'],
  ['all', 'All'],
] as const
type Shown = (typeof SHOWN)[number][0]

/** What somebody owes a review. */
export function ReviewsPage() {
  const { route } = useLocation()
  const [shown, setShown] = useState<Shown>('owed')
  const [isNew, setNew] = useState(false)
  return (
    <Page
      title="Reviews"
      actions={
        <button type="button" disabled={connection.value.state !== 'online'} onClick={() => setNew(true)}>
          Request a review…
        </button>
      }
    >
      <label class="filter">
        <span>Show</span>
        <select value={shown} onChange={({ currentTarget }) => setShown(currentTarget.value as Shown)}>
          {SHOWN.map(([value, words]) => (
            <option key={value} value={value}>
              {words}
            </option>
          ))}
        </select>
      </label>
      {shown === 'owed' ? <Queue after={undefined} /> : <All key={shown} state={shown === 'all' ? undefined : shown} before={undefined} />}
      {isNew ? (
        <RequestReview
          onClose={(made) => {
            setNew(false)
            if (made) route(`/reviews/${made}`)
          }}
        />
      ) : null}
    </Page>
  )
}

function Queue({ after }: { readonly after: string | undefined }) {
  const found: Live<Output<'reviews.queue'>> = useLive('reviews.queue', { limit: PAGE, ...(after !== undefined && { after }) }, ['review'])
  return (
    <Loaded of={found}>
      {({ reviews, after: next }) =>
        reviews.length === 0 && after === undefined ? (
          <Empty title="Nothing waits for a review.">
            <p>
              A pull request that an agent names in its answer, or that it asks to have reviewed with the tool <code>review_request</code>, stands here until
              somebody else has looked at its newest commit.
            </p>
          </Empty>
        ) : (
          <>
            <Rows of={reviews} />
            {next ? <Older label="Show more">{() => <Queue after={next} />}</Older> : null}
          </>
        )
      }
    </Loaded>
  )
}

function All({ state, before }: { readonly state: Review['state'] | undefined; readonly before: string | undefined }) {
  const input: Input<'reviews.list'> = { limit: PAGE, ...(state && { state }), ...(before !== undefined && { before }) }
  const found = useLive('reviews.list', input, ['review'])
  return (
    <Loaded of={found}>
      {({ reviews, before: next }) => (
        <>
          {reviews.length === 0 && before === undefined ? <Empty title="There are no such reviews.">{null}</Empty> : <Rows of={reviews} />}
          {next ? <Older>{() => <All state={state} before={next} />}</Older> : null}
        </>
      )}
    </Loaded>
  )
}

function Rows({ of }: { readonly of: readonly Review[] }) {
  return (
    <ul class="rows">
      {of.map((review) => (
        <li key={review.id} class="row row-linked">
          <span class="row-main">
            <a class="row-title clamp" href={`/reviews/${review.id}`} dir="auto">
              {visible(review.title ?? review.subject)}
            </a>
            <span class="row-sub review-subject">
              {review.title === null ? null : <bdi>{visible(review.subject)}</bdi>}
              <Owes of={review} />
            </span>
          </span>
          <span class="row-side">
            <Signs of={review} />
            <Time at={review.owedSince ?? review.reviewedAt ?? review.endedAt ?? review.createdAt} />
          </span>
        </li>
      ))}
    </ul>
  )
}

/** Who made it, and who is to review it. */
function Owes({ of }: { readonly of: Review }) {
  const [author] = of.authors
  return (
    <span>
      {author ? (
        <>
          by <PeerName of={author} link={false} />
          {of.authors.length > 1 ? ` and ${of.authors.length - 1} more` : null}
        </>
      ) : of.forgeAuthor ? (
        <>by {visible(of.forgeAuthor)}</>
      ) : null}
      {of.state === 'owed' ? (
        of.assignee ? (
          <>
            , reviewer <PeerName of={of.assignee} link={false} />
          </>
        ) : (
          ', no reviewer yet'
        )
      ) : null}
    </span>
  )
}

/** Its state, its last verdict and its checks, each as a word. */
export function Signs({ of }: { readonly of: Review }) {
  const state = STATES[of.state]
  const verdict = of.state === 'reviewed' && of.verdict ? VERDICTS[of.verdict] : undefined
  const checks = of.checks && of.state !== 'ended' ? CHECKS[of.checks] : undefined
  return (
    <>
      {of.priority === 'urgent' && of.state === 'owed' ? <Badge tone="bad">Urgent</Badge> : null}
      {checks ? <Badge tone={checks.tone}>{checks.word}</Badge> : null}
      <Badge tone={(verdict ?? state).tone}>{(verdict ?? state).word}</Badge>
    </>
  )
}
