import { Badge } from '../parts/badge.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Time } from '../parts/time.tsx'
import { Deadline, StateBadge } from './row.tsx'
import type { Thread } from './words.ts'

/** How a thread stands: its state, what it still has, and how it ended and by whom. */
export function ThreadFacts({ thread }: { readonly thread: Thread }) {
  const { from, to, kind, priority, openedAt, closedAt, closedBy, reason, state } = thread
  return (
    <div class="thread-facts">
      <StateBadge thread={thread} />
      {priority === 'normal' ? null : <Badge tone={priority === 'urgent' ? 'bad' : 'plain'}>{priority === 'urgent' ? 'Urgent' : 'Low priority'}</Badge>}
      <Deadline thread={thread} />
      <span class="soft">
        {kind === 'ask' ? 'Ask' : 'Notify'} by <PeerName of={from} />
        {to === null ? null : (
          <>
            {' '}
            to <PeerName of={to} />
          </>
        )}
        , <Time at={openedAt} as="clock" />
      </span>
      {closedAt !== null && state !== 'notice' ? (
        <span class="soft">
          Ended by <PeerName of={closedBy} />, <Time at={closedAt} as="clock" />
          {reason ? (
            <>
              : <span dir="auto">{visible(reason)}</span>
            </>
          ) : null}
        </span>
      ) : null}
    </div>
  )
}
