import './schedules.css'
import { useState } from 'preact/hooks'
import { useLocation, useRoute } from 'preact-iso'
import { Confirm } from '../parts/confirm.tsx'
import { Markdown } from '../parts/markdown.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { announce } from '../shell/announcements.ts'
import type { Schedule } from './draft.ts'
import { ScheduleForm } from './form.tsx'
import { gateInWords } from './gate-words.ts'
import { History } from './history.tsx'
import { Next } from './list.tsx'
import { ownZone, ruleOf, STATES } from './words.ts'

/** One schedule: when it fires, for whom, what it says and what became of it. */
export function SchedulePage() {
  const { schedule: id = '' } = useRoute().params
  const { route } = useLocation()
  const found = useLive('schedules.get', { schedule: id }, ['schedule'])
  const [dialog, setDialog] = useState<'edit' | 'delete'>()
  const schedule = found.data?.schedule
  return (
    <Page title={schedule?.label ? visible(schedule.label) : 'Schedule'}>
      <Loaded of={found} lines={5}>
        {(data) => (
          <div class="columns wide">
            <div>
              <What of={data.schedule} />
              <Buttons of={data.schedule} open={setDialog} />
            </div>
            <div class="beside">
              {data.schedule.state === 'active' ? <Coming of={data.schedule} /> : null}
              <Section title="History">
                <History schedule={id} before={undefined} />
              </Section>
            </div>
          </div>
        )}
      </Loaded>
      {schedule && dialog === 'edit' ? <ScheduleForm of={schedule} onClose={() => setDialog(undefined)} /> : null}
      {dialog === 'delete' ? (
        <Confirm
          title="Delete the schedule"
          does="Delete"
          done="The schedule was deleted."
          danger
          work={() => act('schedules.delete', { schedule: id })}
          onClose={(isDone) => (isDone ? route('/schedules') : setDialog(undefined))}
        >
          <p>It no longer fires, and its history is deleted with it. The messages that it sent stay. To stop it for a while, pause it.</p>
        </Confirm>
      ) : null}
    </Page>
  )
}

function What({ of }: { readonly of: Schedule }) {
  return (
    <section class="panel" aria-label="What it does">
      <div class="schedule-head">
        <p class="schedule-rule">{ruleOf(of)}</p>
        <Next of={of} />
      </div>
      {of.reason ? (
        <p class="soft" dir="auto">
          {STATES[of.state]}: {visible(of.reason)}
        </p>
      ) : null}
      <div class="schedule-body">
        <Markdown text={of.body} />
      </div>
      <dl class="facts">
        <dt>To</dt>
        <dd>
          <bdi>{visible(of.to)}</bdi>, as {of.kind === 'ask' ? 'an ask' : 'a notify'}
        </dd>
        <dt>Owner</dt>
        <dd>
          <PeerName of={of.owner} />
        </dd>
        {of.every === null ? (
          <>
            <dt>Time zone</dt>
            <dd>{of.zone}</dd>
          </>
        ) : null}
        {of.cron ? (
          <>
            <dt>Pattern</dt>
            <dd>
              <code>{of.cron}</code>
            </dd>
          </>
        ) : null}
        {of.quiet ? (
          <>
            <dt>Quiet hours</dt>
            <dd>{of.quiet}</dd>
          </>
        ) : null}
        {of.gates.length > 0 ? (
          <>
            <dt>Only if</dt>
            <dd>{visible(of.gates.map(gateInWords).join(', and '))}</dd>
          </>
        ) : null}
        <dt>Fired</dt>
        <dd>
          {of.runs === 0 ? 'not yet' : of.runs === 1 ? 'once' : `${of.runs} times`}
          {of.maxRuns === null ? '' : `; ends after ${of.maxRuns}`}
          {of.lastAt ? (
            <>
              , last <Time at={of.lastAt} />
            </>
          ) : null}
        </dd>
      </dl>
    </section>
  )
}

function Buttons({ of, open }: { readonly of: Schedule; readonly open: (dialog: 'edit' | 'delete') => void }) {
  const { busy, error, run } = useDoing()
  const isOff = busy || connection.value.state !== 'online'
  const given = { schedule: of.id }
  const fireNow = async (): Promise<void> => {
    const { outcome, reason } = (await act('schedules.run', given)).occurrence
    if (outcome !== 'fired') throw new Error(`It was not sent. ${reason ?? ''}`)
    announce('The message was sent.')
  }
  return (
    <div class="schedule-buttons">
      <div class="buttons">
        {of.state === 'active' ? (
          <button type="button" disabled={isOff} onClick={() => void run(() => act('schedules.pause', given), 'The schedule is paused until you resume it.')}>
            Pause
          </button>
        ) : null}
        {of.state === 'paused' ? (
          <button
            type="button"
            class="primary"
            disabled={isOff}
            onClick={() => void run(() => act('schedules.resume', given), 'The schedule is active again.')}
          >
            Resume
          </button>
        ) : null}
        <button type="button" disabled={isOff} onClick={() => void run(fireNow)}>
          Run now
        </button>
        <button type="button" disabled={isOff} onClick={() => open('edit')}>
          Change…
        </button>
        <button type="button" class="danger" disabled={isOff} onClick={() => open('delete')}>
          Delete…
        </button>
      </div>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </div>
  )
}

/** The next five, in the reader's zone, and as the schedule has them where that is another. */
function Coming({ of }: { readonly of: Schedule }) {
  const found = useLive('schedules.preview', { schedule: of.id, count: 5 }, ['schedule'])
  const isElsewhere = of.every === null && of.zone !== ownZone()
  return (
    <Section title="Next">
      <Loaded of={found}>
        {({ occurrences }) => (
          <ol class="rows schedule-coming">
            {occurrences.map(({ at, local }) => (
              <li key={at} class="row">
                <span class="row-main">
                  <Time at={at} as="clock" />
                </span>
                <span class="row-side">{isElsewhere ? <span>{local}</span> : <Time at={at} />}</span>
              </li>
            ))}
          </ol>
        )}
      </Loaded>
      {of.jitter ? <p class="soft">Each up to {of.jitter} later.</p> : null}
      {isElsewhere ? (
        <p class="soft schedule-zones">
          First in your zone, {ownZone()}; then in that of the schedule, {of.zone}.
        </p>
      ) : null}
    </Section>
  )
}
