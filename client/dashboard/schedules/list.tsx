import './schedules.css'
import { CalendarPlus } from 'lucide'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Badge } from '../parts/badge.tsx'
import { Icon } from '../parts/icon.tsx'
import { Older } from '../parts/older.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { preview } from '../parts/preview.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import type { Schedule } from './draft.ts'
import { ScheduleForm } from './form.tsx'
import { ruleOf, STATES } from './words.ts'

const PAGE = 100

/** What fires by itself: when next, by which rule, for whom. */
export function SchedulesPage() {
  const { route } = useLocation()
  const [isNew, setNew] = useState(false)
  return (
    <Page
      title="Schedules"
      actions={
        <button type="button" class="primary" disabled={connection.value.state !== 'online'} onClick={() => setNew(true)}>
          <Icon of={CalendarPlus} /> New
        </button>
      }
    >
      <Schedules after={undefined} />
      {isNew ? (
        <ScheduleForm
          onClose={(made) => {
            setNew(false)
            if (made) route(`/schedules/${made.id}`)
          }}
        />
      ) : null}
    </Page>
  )
}

function Schedules({ after }: { readonly after: string | undefined }) {
  const found = useLive('schedules.list', { limit: PAGE, ...(after !== undefined && { after }) }, ['schedule'])
  return (
    <Loaded of={found}>
      {({ schedules, after: next }) => {
        if (schedules.length === 0 && after === undefined) return <NoSchedules />
        const active = schedules.filter(({ state }) => state === 'active').sort((a, b) => (a.nextAt ?? '').localeCompare(b.nextAt ?? ''))
        return (
          <>
            <Rows title="Active" of={active} />
            <Rows title="Paused" of={schedules.filter(({ state }) => state === 'paused')} />
            <Rows title="Ended" of={schedules.filter(({ state }) => state === 'ended')} />
            {next ? <Older label="Show more">{() => <Schedules after={next} />}</Older> : null}
          </>
        )
      }}
    </Loaded>
  )
}

function NoSchedules() {
  return (
    <Empty title="Nothing fires by itself yet.">
      <p>
        A schedule sends a message at a time, at an interval or by a cron pattern: a standup every morning, a reminder in two hours. Make one here, or let an
        agent make one with the tool <code>schedule</code>.
      </p>
    </Empty>
  )
}

function Rows({ title, of }: { readonly title: string; readonly of: readonly Schedule[] }) {
  if (of.length === 0) return null
  return (
    <Section title={title} count={of.length}>
      <ul class="rows">
        {of.map((each) => (
          <li key={each.id} class="row row-linked">
            <span class="row-main">
              <a class="row-title clamp" href={`/schedules/${each.id}`} dir="auto">
                {each.label === null ? preview(each.body) : visible(each.label)}
              </a>
              <span class="row-sub">
                {ruleOf(each)} · <PeerName of={each.owner} link={false} /> to <bdi>{visible(each.to)}</bdi>
              </span>
            </span>
            <Next of={each} />
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** "in 2 h, Tue 09:00", or why it does not fire. */
export function Next({ of }: { readonly of: Schedule }) {
  return (
    <span class="row-side">
      {of.nextAt ? (
        <span class="schedule-next">
          <strong>
            <Time at={of.nextAt} />
          </strong>
          <span>
            <Time at={of.nextAt} as="clock" />
          </span>
        </span>
      ) : (
        <Badge tone={of.state === 'paused' ? 'warn' : 'plain'}>{STATES[of.state]}</Badge>
      )}
      {of.failures > 0 ? <Badge tone="bad">{of.failures} failed</Badge> : null}
    </span>
  )
}
