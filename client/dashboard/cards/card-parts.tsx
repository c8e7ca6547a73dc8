import type { ComponentChildren } from 'preact'
import { exactText } from '../../../src/exact-text.ts'
import { Badge } from '../parts/badge.tsx'
import { PeerName } from '../parts/peer.tsx'
import { Time } from '../parts/time.tsx'
import { Arguments } from './arguments.tsx'
import { type Card, SOURCES } from './words.ts'

/** What kind of card, how urgent, who waits and since when. */
export function CardHeader({
  card,
  blocked = 0,
  overdue = false,
  children,
}: {
  readonly card: Card
  readonly blocked?: number
  readonly overdue?: boolean
  readonly children?: ComponentChildren
}) {
  return (
    <header class="card-header">
      {children ?? <Badge tone={card.kind === 'approval' ? 'warn' : 'info'}>{card.kind === 'approval' ? 'Approval' : 'Question'}</Badge>}
      {card.priority === 'urgent' ? <Badge tone="bad">Urgent</Badge> : null}
      {overdue ? <Badge tone="bad">Overdue</Badge> : null}
      <span class="soft">
        <Requesters of={card} /> · <Time at={card.raisedAt} />
        {blocked > 1 ? <> · {blocked} wait for it</> : null}
      </span>
    </header>
  )
}

/** Who waits for it: the first to ask, and how many asked the same. */
export function Requesters({ of }: { readonly of: Pick<Card, 'requesters' | 'source'> }) {
  if (of.requesters.length === 0)
    return (
      <>
        <PeerName of={null} />
        {SOURCES[of.source] ? `: ${SOURCES[of.source]?.toLowerCase()}` : null}
      </>
    )
  const [first, ...others] = of.requesters
  return (
    <>
      <PeerName of={first ?? null} />
      {others.length > 0 ? (
        <span title={others.map(({ name }) => name).join(', ')}>
          {' '}
          and {others.length === 1 ? <PeerName of={others[0] ?? null} /> : `${others.length} more`}
        </span>
      ) : null}
    </>
  )
}

/** What would be done, to the last argument. */
export function Action({ of }: { readonly of: NonNullable<Card['action']> }) {
  return (
    <div class="card-action">
      <p>
        <Badge>{of.kind}</Badge> <code>{exactText(of.name)}</code>
      </p>
      {Object.keys(of.arguments).length > 0 ? <Arguments of={of.arguments} /> : null}
    </div>
  )
}

/** What happens when nobody answers. */
export function Default({ of }: { readonly of: Card['default'] }) {
  const left = of.at === null ? null : <Time at={of.at} as="countdown" />
  if (of.option !== 'stay_blocked')
    return (
      <>
        Without an answer: <strong>{of.option.toUpperCase()}</strong>
        {left ? <> in {left}</> : null}
      </>
    )
  if (left === null) return <>Without an answer it keeps waiting</>
  return Date.parse(of.at ?? '') > Date.now() ? <>Without an answer it becomes urgent in {left}, and keeps waiting</> : <>Overdue, and keeps waiting</>
}
