import { Hourglass } from 'lucide'
import { Badge } from '../parts/badge.tsx'
import { Icon } from '../parts/icon.tsx'
import { PeerName } from '../parts/peer.tsx'
import { preview } from '../parts/preview.ts'
import { Time } from '../parts/time.tsx'
import { me } from '../session/connection.ts'
import type { Listed } from './listing.ts'
import { nameOf, STATES } from './words.ts'

interface ThreadRowProps {
  readonly thread: Listed
  readonly isUnread: boolean
  readonly isOpen: boolean
  readonly href: string
}

/** A thread in a list: who to whom, how it begins or what was said last, and how it stands. */
export function ThreadRow({ thread, isUnread, isOpen, href }: ThreadRowProps) {
  const { preview: listed } = thread
  return (
    <a class={`row thread-row${isUnread ? ' unread' : ''}`} href={href} aria-current={isOpen ? 'page' : undefined}>
      <span class="thread-row-head">
        <span class="thread-row-peers">
          {isUnread ? (
            <span class="unread-dot">
              <span class="hidden">Unread. </span>
            </span>
          ) : null}
          <Party of={thread.from} /> <span class="soft">to</span> {thread.to === null ? <span>several</span> : <Party of={thread.to} word="you" />}
        </span>
        <span class="row-side">
          <Time at={listed?.latest.at ?? thread.openedAt} />
        </span>
      </span>
      {listed ? <Preview of={listed} /> : null}
      <span class="thread-row-foot">
        <StateBadge thread={thread} />
        {thread.priority === 'urgent' ? <Badge tone="bad">Urgent</Badge> : null}
        <Deadline thread={thread} />
        {listed && listed.messages > 1 ? <span class="soft">{listed.messages} messages</span> : null}
      </span>
    </a>
  )
}

/** What was said last; and by whom, where the one who opened the thread is not the only one. */
function Preview({ of: { messages, latest } }: { readonly of: NonNullable<Listed['preview']> }) {
  return (
    <span class="row-sub clamp" dir="auto">
      {messages > 1 ? (
        <>
          <bdi>{nameOf(latest.from, me.value?.id)}</bdi>:{' '}
        </>
      ) : null}
      {preview(latest.text)}
    </span>
  )
}

function Party({ of, word = 'You' }: { readonly of: Listed['from']; readonly word?: string }) {
  if (of !== null && of.id === me.value?.id) return <strong class="peer peer-person">{word}</strong>
  return <PeerName of={of} link={false} />
}

export function StateBadge({ thread }: { readonly thread: Listed }) {
  if (thread.state === 'open' && thread.to?.id === me.value?.id) return <Badge tone="warn">Needs your answer</Badge>
  const { word, tone } = STATES[thread.state] ?? { word: thread.state, tone: 'plain' as const }
  return <Badge tone={tone}>{word}</Badge>
}

/** How long an open ask still has. */
export function Deadline({ thread: { state, deadlineAt } }: { readonly thread: Pick<Listed, 'state' | 'deadlineAt'> }) {
  if (state !== 'open' || deadlineAt === null) return null
  return (
    <span class="deadline">
      <Icon of={Hourglass} />
      <span class="hidden">Time left: </span>
      <Time at={deadlineAt} as="countdown" />
    </span>
  )
}
