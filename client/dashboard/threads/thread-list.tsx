import { CheckCheck, SquarePen } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Icon } from '../parts/icon.tsx'
import { PeerPicker } from '../parts/peer-picker.tsx'
import { Empty, ErrorNote, Loaded } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'
import { me } from '../session/connection.ts'
import { usePages } from '../session/pages.ts'
import { listThreads } from './listing.ts'
import { useUnread } from './reading.ts'
import { ThreadRow } from './row.tsx'
import { Unsent } from './unsent.tsx'
import { type Shown, shownBy, urlOf } from './view.ts'

const CHOICES: readonly (readonly [Shown['show'], string])[] = [
  ['all', 'All'],
  ['mine', 'Mine'],
  ['owed', 'To answer'],
]

/** The list of threads: a page of its own, or beside the thread that is open. */
export function ThreadList({ open }: { readonly open: string | undefined }) {
  const { query, route } = useLocation()
  const shown = shownBy(query)
  const self = me.value?.id
  const list = usePages(`threads ${self} ${JSON.stringify(shown)}`, (before) => listThreads(shown, self, before), ['thread', 'message.redacted'])
  const unread = useUnread()
  const waiting = new Set(unread.data?.items.map(({ thread }) => thread.id))
  const heading = useHeading(open === undefined)
  const Heading = open === undefined ? 'h1' : 'h2'
  return (
    <section class="thread-list" aria-label="All threads">
      <header class="page-header">
        <Heading ref={heading} tabIndex={-1} class="thread-list-title">
          Threads
        </Heading>
        <a class="button primary" href="/threads/new">
          <Icon of={SquarePen} /> New message
        </a>
      </header>
      <Filters shown={shown} onChange={(next) => route(urlOf(open, next), true)} />
      {waiting.size > 0 && unread.data ? <MarkAll items={unread.data.items} count={waiting.size} /> : null}
      <Unsent />
      <Loaded of={list.answer}>
        {({ items, before }) => (
          <>
            {items.length === 0 && before === null ? <NoThreads shown={shown} /> : null}
            <ul class="rows thread-rows">
              {items.map((thread) => (
                <li key={thread.id}>
                  <ThreadRow thread={thread} isUnread={waiting.has(thread.id)} isOpen={thread.id === open} href={urlOf(thread.id, shown)} />
                </li>
              ))}
            </ul>
            {before === null ? null : (
              <button type="button" class="thread-older" disabled={list.loading} onClick={list.older}>
                {list.loading ? 'Loading…' : 'Older threads'}
              </button>
            )}
          </>
        )}
      </Loaded>
    </section>
  )
}

/** As a page has it: the heading takes the focus, and names the document. */
function useHeading(isPage: boolean) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    if (!isPage) return
    document.title = 'Threads · Muster'
    heading.current?.focus({ preventScroll: true })
  }, [isPage])
  return heading
}

function Filters({ shown, onChange }: { readonly shown: Shown; readonly onChange: (next: Shown) => void }) {
  const [typed, setTyped] = useState(shown.peer)
  const setPeer = (peer: string, isOne: boolean): void => {
    setTyped(peer)
    // Half a name is nobody's.
    if (isOne || peer === '') onChange({ ...shown, peer })
  }
  return (
    <fieldset class="filters">
      <legend class="hidden">Which threads</legend>
      <div class="segments">
        {CHOICES.map(([show, name]) => (
          <label key={show}>
            <input type="radio" name="show" checked={shown.show === show} onChange={() => onChange({ ...shown, show })} />
            <span>{name}</span>
          </label>
        ))}
      </div>
      {shown.show === 'owed' ? null : (
        <details class="filters-more" open={shown.peer !== '' || shown.open}>
          <summary>More filters</summary>
          <PeerPicker label="With" value={typed} onChange={setPeer} onlyPeers />
          <label class="check">
            <input type="checkbox" checked={shown.open} onChange={({ currentTarget }) => onChange({ ...shown, open: currentTarget.checked })} />
            Open asks only
          </label>
        </details>
      )}
    </fieldset>
  )
}

interface MarkAllProps {
  readonly items: readonly { readonly delivery: { readonly id: string } }[]
  readonly count: number
}

/** Reads everything that is known to wait, on all devices. */
function MarkAll({ items, count }: MarkAllProps) {
  const { busy, error, run } = useDoing()
  return (
    <>
      <p class="unread-line">
        <span>{count} unread</span>
        <button
          type="button"
          class="quiet small"
          disabled={busy}
          onClick={() => void run(() => act('mailbox.ack', { deliveries: items.map(({ delivery }) => delivery.id) }))}
        >
          <Icon of={CheckCheck} /> Mark as read
        </button>
      </p>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </>
  )
}

function NoThreads({ shown }: { readonly shown: Shown }) {
  if (shown.show === 'owed')
    return (
      <Empty title="Nobody waits for your answer.">
        <p>When an agent asks you something, the ask stands here until you answer or decline it.</p>
      </Empty>
    )
  if (shown.open || shown.peer !== '')
    return (
      <Empty title="No such thread.">
        <p>Take a filter away to see more.</p>
      </Empty>
    )
  return (
    <Empty title="Nothing has been said yet.">
      <p>
        Every ask and every notify opens a thread, and it stands here. <a href="/threads/new">Write the first one</a>, or let an agent join:{' '}
        <code>muster install</code>.
      </p>
    </Empty>
  )
}
