import { ArrowUp } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { Event } from '../../browser.ts'
import { Icon } from '../parts/icon.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { byDay } from './days.ts'
import { placeOf, sentenceOf } from './sentences.ts'
import { type Narrowed, useTimeline } from './use-timeline.ts'

/** The event log, in words. */
export function EventLog({ kind, peer }: Narrowed) {
  const { answer, loading, error, older } = useTimeline({ kind, peer })
  return (
    <Loaded of={answer} lines={8}>
      {({ events, before }) => (
        <>
          {events.length === 0 && before === null ? <NoEvents isNarrowed={kind !== '' || peer !== ''} /> : null}
          <Days key={`${kind} ${peer}`} events={events} />
          {error ? <ErrorNote>{error}</ErrorNote> : null}
          {before === null ? null : (
            <button type="button" class="timeline-older" disabled={loading} onClick={() => void older()}>
              {loading ? 'Loading…' : 'Older'}
            </button>
          )}
        </>
      )}
    </Loaded>
  )
}

function NoEvents({ isNarrowed }: { readonly isNarrowed: boolean }) {
  return isNarrowed ? (
    <Empty title="Nothing of the kind has happened.">
      <p>Events are kept for a while only. Take a filter away to see others.</p>
    </Empty>
  ) : (
    <Empty title="Nothing has happened yet.">
      <p>Whatever changes on this node stands here: who came, what was asked and answered, what was decided.</p>
    </Empty>
  )
}

/** What happens while somebody reads further down waits above until it is wanted, so that nothing moves under the eye. */
function Days({ events }: { readonly events: readonly Event[] }) {
  const isAway = useIsAway()
  const top = useRef<string>(undefined)
  const held = isAway
    ? Math.max(
        0,
        events.findIndex(({ cursor }) => cursor === top.current),
      )
    : 0
  if (held === 0) top.current = events[0]?.cursor
  const names = useNames()
  return (
    <>
      {held > 0 ? (
        <button type="button" class="primary timeline-new" onClick={() => scrollTo({ top: 0 })}>
          <Icon of={ArrowUp} /> {held} new
        </button>
      ) : null}
      {byDay(events.slice(held), Date.now()).map(({ day, items }) => (
        <section key={day} class="timeline-day">
          <h2>{day}</h2>
          <ol class="timeline">
            {items.map((event) => (
              <li key={event.cursor} class={`timeline-event timeline-${event.type.slice(0, event.type.indexOf('.'))}`}>
                <Happened event={event} names={names} />
              </li>
            ))}
          </ol>
        </section>
      ))}
    </>
  )
}

/** So far down the top of the page is out of sight. */
const AWAY_PX = 120

function useIsAway(): boolean {
  const [isAway, setIsAway] = useState(false)
  useEffect(() => {
    const look = (): void => setIsAway(scrollY > AWAY_PX)
    look()
    addEventListener('scroll', look, { passive: true })
    return () => removeEventListener('scroll', look)
  }, [])
  return isAway
}

function useNames(): ReadonlyMap<string, string> {
  const { data } = useLive('peers.list', { limit: 200, retired: true }, ['peer'])
  return new Map(data?.peers.map(({ id, name }) => [id, name]))
}

interface HappenedProps {
  readonly event: Event
  readonly names: ReadonlyMap<string, string>
}

function Happened({ event, names }: HappenedProps) {
  const { actor, subject, at } = event
  const place = placeOf(subject)
  const words = visible(sentenceOf(event))
  // Where a peer did something to itself, it is named already.
  const other = subject !== null && subject !== actor?.id ? names.get(subject) : undefined
  return (
    <>
      <span class="timeline-time">
        <Time at={at} as="clock" />
      </span>
      <span class="timeline-words">
        <PeerName of={actor} /> {place && other === undefined ? <a href={place}>{words}</a> : words}
        {other === undefined ? null : (
          <>
            : <a href={place ?? '/crew'}>{other}</a>
          </>
        )}
        {event.circle === null || event.circle === 'main' ? null : (
          <span class="soft">
            {' '}
            in <bdi>{event.circle}</bdi>
          </span>
        )}
      </span>
    </>
  )
}
