import { ArrowUp } from 'lucide'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../parts/icon.tsx'
import { PeerName } from '../parts/peer.tsx'
import { Empty, ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { byDay } from './days.ts'
import { Happened, Parts, Quoted } from './happened.tsx'
import { type Run, runsOf } from './runs.ts'
import { type Listed, type Said, saidOf } from './said.ts'
import { placeOf } from './sentences.ts'
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
function Days({ events }: { readonly events: readonly Listed[] }) {
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
            {runsOf(items).map((run) => (
              // By its oldest event: a run grows at its newest.
              <li key={run.events.at(-1)?.cursor} class={`timeline-event timeline-${familyOf(run.events[0])}`}>
                <span class="timeline-time">
                  <Time at={run.events[0].at} as="clock" />
                </span>
                {run.summary ? <Several of={run} /> : <One event={run.events[0]} names={names} />}
              </li>
            ))}
          </ol>
        </section>
      ))}
    </>
  )
}

function familyOf({ type }: Listed): string {
  return type.slice(0, type.indexOf('.'))
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

interface OneProps {
  readonly event: Listed
  readonly names: ReadonlyMap<string, string>
}

function One({ event, names }: OneProps) {
  const { actor, subject, circle } = event
  // Where a peer did something to itself, it is named already.
  const other = subject !== null && subject !== actor?.id ? names.get(subject) : undefined
  const about =
    other === undefined ? undefined : (
      <>
        : <a href={placeOf(subject) ?? '/crew'}>{other}</a>
      </>
    )
  return (
    <span class="timeline-words">
      <PeerName of={actor} /> <Happened event={event} about={about} />
      {circle === null || circle === 'main' ? null : (
        <span class="soft">
          {' '}
          in <bdi>{circle}</bdi>
        </span>
      )}
    </span>
  )
}

/** What one did many times in a minute, by its number; what it said stands there at length for whoever asks. */
function Several({ of: { events, summary = [] } }: { readonly of: Run }) {
  const words = (
    <>
      <PeerName of={events[0].actor} link={false} /> <Parts of={summary} link={false} />
    </>
  )
  if (!events[0].preview) return <span class="timeline-words">{words}</span>
  return (
    <details class="timeline-words timeline-run">
      <summary>{words}</summary>
      <ol>
        {events.map((event) => (
          <li key={event.cursor}>
            <Quoted said={saidOf(event) as Said} />
          </li>
        ))}
      </ol>
    </details>
  )
}
