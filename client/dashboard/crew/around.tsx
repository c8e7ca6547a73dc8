import type { ComponentChildren } from 'preact'
import type { Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { Older } from '../parts/older.tsx'
import { Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { preview } from '../parts/preview.ts'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { STATES as REVIEW_STATES } from '../reviews/words.ts'
import { useLive } from '../session/live.ts'
import { STATES as THREAD_STATES } from '../threads/words.ts'
import { Happened } from '../timeline/happened.tsx'
import type { CrewPeer } from './order.ts'

type Thread = Output<'threads.list'>['threads'][number]

const PAGE = 15

/** The threads that it opened or was sent, the newest first. */
export function PeerThreads({ of }: { readonly of: CrewPeer }) {
  return (
    <Section title="Threads">
      <Threads peer={of.id} before={undefined} />
    </Section>
  )
}

function Threads({ peer, before }: { readonly peer: string; readonly before: string | undefined }) {
  const input = { side: 'visible', peer, preview: true, limit: PAGE, ...(before !== undefined && { before }) } as const
  const found = useLive('threads.list', input, ['thread'])
  return (
    <Loaded of={found}>
      {({ threads, before: next }) => (
        <>
          {threads.length > 0 ? (
            <ul class="rows">
              {threads.map((thread) => (
                <li key={thread.id}>
                  <ThreadRow of={thread} />
                </li>
              ))}
            </ul>
          ) : before === undefined && next === null ? (
            <p class="soft">It has sent and received nothing yet.</p>
          ) : null}
          {next ? <Older>{() => <Threads peer={peer} before={next} />}</Older> : null}
        </>
      )}
    </Loaded>
  )
}

function ThreadRow({ of }: { readonly of: Thread }) {
  const { preview: listed, state } = of
  const title = of.task ? visible(of.task.title) : listed ? preview(listed.first.text.trimStart().split('\n', 1)[0] ?? '') : of.id
  const stateWords = THREAD_STATES[state]
  return (
    <div class="row row-linked">
      <span class="row-main">
        <a class="row-title clamp" href={`/threads/${of.id}`} dir="auto">
          {title}
        </a>
        <span class="row-sub">
          <PeerName of={of.from} link={false} /> to {of.to ? <PeerName of={of.to} link={false} /> : 'several'}
        </span>
      </span>
      <span class="row-side">
        {state === 'notice' ? null : <Badge tone={stateWords?.tone ?? 'plain'}>{stateWords?.word ?? state}</Badge>}
        <Time at={listed?.latest.at ?? of.openedAt} />
      </span>
    </div>
  )
}

/** What is its own to fire, or is for it. */
export function PeerSchedules({ of }: { readonly of: CrewPeer }) {
  const { data } = useLive('schedules.list', { limit: 200 }, ['schedule'])
  const own = data?.schedules.filter(({ owner, to }) => owner.id === of.id || to === of.id || to === of.name || to === `${of.name}@${of.circle}`) ?? []
  return (
    <Few title="Schedules" empty="It has no schedules." count={own.length}>
      {own.map((each) => (
        <li key={each.id} class="row row-linked">
          <span class="row-main">
            <a class="row-title clamp" href={`/schedules/${each.id}`} dir="auto">
              {each.label === null ? preview(each.body) : visible(each.label)}
            </a>
          </span>
          <span class="row-side">{each.nextAt ? <Time at={each.nextAt} /> : <Badge>{each.state}</Badge>}</span>
        </li>
      ))}
    </Few>
  )
}

/** What it has touched, and what it has to look at. */
export function PeerReviews({ of }: { readonly of: CrewPeer }) {
  const made = useLive('reviews.list', { author: of.id, limit: PAGE }, ['review'])
  const given = useLive('reviews.list', { assignee: of.id, limit: PAGE }, ['review'])
  const all = [
    ...(given.data?.reviews ?? []).map((review) => ({ review, as: 'to review' })),
    ...(made.data?.reviews ?? []).map((review) => ({ review, as: 'its own work' })),
  ]
  const open = all.filter(({ review }) => review.state !== 'ended')
  return (
    <Few title="Reviews" empty="Nothing of its work needs a review, and it has none to do." count={open.length}>
      {open.map(({ review, as }) => (
        <li key={`${review.id} ${as}`} class="row row-linked">
          <span class="row-main">
            <a class="row-title clamp" href={`/reviews/${review.id}`} dir="auto">
              {visible(review.title ?? review.subject)}
            </a>
            <span class="row-sub">{as}</span>
          </span>
          <span class="row-side">
            <Badge tone={REVIEW_STATES[review.state].tone}>{REVIEW_STATES[review.state].word}</Badge>
          </span>
        </li>
      ))}
    </Few>
  )
}

function Few({
  title,
  empty,
  count,
  children,
}: {
  readonly title: string
  readonly empty: string
  readonly count: number
  readonly children: ComponentChildren
}) {
  return (
    <Section title={title} count={count}>
      {count === 0 ? <p class="soft">{empty}</p> : <ul class="rows">{children}</ul>}
    </Section>
  )
}

/** What it did and what happened to it, the newest first. */
export function PeerHappenings({ of }: { readonly of: CrewPeer }) {
  return (
    <Section title="What happened">
      <Happenings peer={of.id} before={undefined} />
    </Section>
  )
}

const FOLLOWED = ['peer', 'thread', 'message', 'delivery', 'decision', 'review', 'schedule']

function Happenings({ peer, before }: { readonly peer: string; readonly before: string | undefined }) {
  const found = useLive('events.timeline', { peer, limit: PAGE, preview: true, ...(before !== undefined && { before }) }, FOLLOWED)
  return (
    <Loaded of={found}>
      {({ events, before: next }) => (
        <>
          <ol class="happenings">
            {events.map((event) => (
              <li key={event.cursor}>
                <Time at={event.at} as="clock" />
                <span>
                  {event.actor?.id === peer ? null : (
                    <>
                      <PeerName of={event.actor} />{' '}
                    </>
                  )}
                  <Happened event={event} here={`/crew/${peer}`} />
                </span>
              </li>
            ))}
          </ol>
          {next ? <Older>{() => <Happenings peer={peer} before={next} />}</Older> : null}
        </>
      )}
    </Loaded>
  )
}
