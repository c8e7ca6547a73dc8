import './reviews.css'
import { ExternalLink } from 'lucide'
import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { Icon } from '../parts/icon.tsx'
import { Older } from '../parts/older.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { connection } from '../session/connection.ts'
import { type Live, useLive } from '../session/live.ts'
import { Assign, Comment, Mark, Withdraw } from './actions.tsx'
import { Signs } from './list.tsx'
import { changedOf, type Entry, happenedOf, linkOf, type Review, short, VERDICTS } from './words.ts'

type Dialog = 'mark' | 'assign' | 'comment' | 'withdraw'
const DIALOGS = { mark: Mark, assign: Assign, comment: Comment, withdraw: Withdraw } as const

/** One review: what it is about, at which head, who owes it, and what happened to it. */
export function ReviewPage() {
  const { review: id = '' } = useRoute().params
  const found = useLive('reviews.get', { review: id }, ['review'])
  const [dialog, setDialog] = useState<Dialog>()
  const review = found.data?.review
  const Open = dialog && DIALOGS[dialog]
  return (
    <Page title="Review">
      <Loaded of={found} lines={5}>
        {(data) => (
          <div class="columns wide">
            <div>
              <What of={data.review} />
              {data.review.state === 'ended' ? null : <Buttons of={data.review} open={setDialog} />}
            </div>
            <div class="beside">
              <Section title="What happened">
                <History review={id} of={data} />
              </Section>
            </div>
          </div>
        )}
      </Loaded>
      {review && Open ? <Open of={review} onClose={() => setDialog(undefined)} /> : null}
    </Page>
  )
}

function Buttons({ of, open }: { readonly of: Review; readonly open: (dialog: Dialog) => void }) {
  const isOff = connection.value.state !== 'online'
  return (
    <div class="buttons review-buttons">
      <button type="button" class={of.state === 'owed' ? 'primary' : undefined} disabled={isOff} onClick={() => open('mark')}>
        Mark reviewed…
      </button>
      <button type="button" disabled={isOff} onClick={() => open('assign')}>
        Assign…
      </button>
      <button type="button" disabled={isOff} onClick={() => open('comment')}>
        Comment…
      </button>
      <button type="button" class="quiet" disabled={isOff} onClick={() => open('withdraw')}>
        Withdraw…
      </button>
    </div>
  )
}

function What({ of }: { readonly of: Review }) {
  const link = linkOf(of.url)
  return (
    <section class="panel" aria-labelledby="review-title">
      <p class="review-signs">
        <Signs of={of} />
        {of.owedSince ? (
          <span class="soft">
            <Time at={of.owedSince} as="lasting" />
          </span>
        ) : null}
      </p>
      <h2 id="review-title" class="review-title" dir="auto">
        {visible(of.title ?? of.subject)}
      </h2>
      {link ? (
        <p>
          <a class="review-link" href={link.href} target="_blank" rel="noopener noreferrer nofollow">
            <Icon of={ExternalLink} /> Open on {link.host}
          </a>
        </p>
      ) : null}
      {of.reason ? (
        <p class="soft" dir="auto">
          {visible(of.reason)}
        </p>
      ) : null}
      <Facts of={of} />
    </section>
  )
}

function Facts({ of }: { readonly of: Review }) {
  const rows: readonly (readonly [string, ComponentChildren])[] = [
    ['Subject', <bdi key="subject">{visible(of.subject)}</bdi>],
    ['Head', of.head ? <Head key="head" of={of} /> : 'not known yet'],
    ['Author', of.authors.length > 0 ? <Names key="authors" of={of.authors} /> : of.forgeAuthor ? visible(of.forgeAuthor) : 'not known yet'],
    ['Reviewer', of.assignee ? <Assignee key="assignee" of={of} /> : of.state === 'owed' ? 'nobody yet' : undefined],
    ['Last review', of.verdict ? <LastLook key="look" of={of} /> : undefined],
    ['On the forge', of.forgeReviews.length > 0 ? <Forge key="forge" of={of} /> : undefined],
    ['Circle', <bdi key="circle">{of.circle}</bdi>],
  ]
  return (
    <dl class="facts">
      {rows.filter(([, value]) => value !== undefined).map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{value}</dd>])}
    </dl>
  )
}

function Head({ of }: { readonly of: Review }) {
  const changed = changedOf(of.changed)
  return (
    <>
      <code title={of.head ?? ''}>{short(of.head ?? '')}</code>
      <span class="soft">
        {changed ? `, ${changed}` : null}
        {of.headAt ? (
          <>
            , <Time at={of.headAt} />
          </>
        ) : null}
      </span>
    </>
  )
}

function Names({ of }: { readonly of: Review['authors'] }) {
  return of.map((each, index) => (
    <span key={each.id}>
      {index > 0 ? ', ' : null}
      <PeerName of={each} />
    </span>
  ))
}

function Assignee({ of }: { readonly of: Review }) {
  return (
    <>
      <PeerName of={of.assignee} />
      {of.thread ? (
        <>
          {' '}
          (<a href={`/threads/${of.thread}`}>the ask</a>)
        </>
      ) : null}
    </>
  )
}

function LastLook({ of }: { readonly of: Review }) {
  const isOld = of.reviewedHead !== null && of.head !== null && of.reviewedHead !== of.head
  return (
    <>
      {of.verdict ? <Badge tone={isOld ? 'plain' : VERDICTS[of.verdict].tone}>{VERDICTS[of.verdict].word}</Badge> : null} by <PeerName of={of.reviewer} />
      <span class="soft">
        {of.reviewedHead ? `, at ${short(of.reviewedHead)}${isOld ? ', an older head' : ''}` : null}
        {of.reviewedAt ? (
          <>
            , <Time at={of.reviewedAt} />
          </>
        ) : null}
      </span>
    </>
  )
}

/** Shown, and of no effect here: no login of a forge is proof of a peer. */
function Forge({ of }: { readonly of: Review }) {
  return (
    <ul>
      {of.forgeReviews.map(({ by, verdict, at }) => (
        <li key={`${by} ${at}`}>
          <bdi>{visible(by)}</bdi>: {VERDICTS[verdict].word.toLowerCase()}, <Time at={at} />
        </li>
      ))}
    </ul>
  )
}

/** The newest first, as one reads what has changed. */
function History({ review, of }: { readonly review: string; readonly of: Output<'reviews.get'> }) {
  return (
    <>
      <ol class="review-history">
        {[...of.history].reverse().map((entry, index) => (
          <Happened key={`${entry.at} ${entry.type} ${index}`} of={entry} />
        ))}
      </ol>
      {of.before === null ? null : <Older>{() => <OlderHistory review={review} before={of.before ?? 0} />}</Older>}
    </>
  )
}

function OlderHistory({ review, before }: { readonly review: string; readonly before: number }) {
  const found: Live<Output<'reviews.get'>> = useLive('reviews.get', { review, before }, [])
  return <Loaded of={found}>{(data) => <History review={review} of={data} />}</Loaded>
}

function Happened({ of }: { readonly of: Entry }) {
  const changed = changedOf(of.changed)
  return (
    <li>
      <p>
        {of.by ? <PeerName of={of.by} /> : null} {happenedOf(of)}
        {of.to ? (
          <>
            {' '}
            <PeerName of={of.to} />
          </>
        ) : null}
        <span class="soft">
          {of.head ? `, ${short(of.head)}` : null}
          {changed ? `, ${changed}` : null} · <Time at={of.at} />
        </span>
      </p>
      {of.note ? (
        <p class="review-note" dir="auto">
          {visible(of.note)}
        </p>
      ) : null}
    </li>
  )
}
