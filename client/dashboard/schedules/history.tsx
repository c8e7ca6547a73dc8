import { Badge } from '../parts/badge.tsx'
import { Older } from '../parts/older.tsx'
import { visible } from '../parts/plain-text.ts'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { type Occurrence, OUTCOMES } from './words.ts'

const PAGE = 20

/** What became of the occurrences, the newest first. */
export function History({ schedule, before }: { readonly schedule: string; readonly before: string | undefined }) {
  const found = useLive('schedules.history', { schedule, limit: PAGE, ...(before !== undefined && { before }) }, ['schedule'])
  return (
    <Loaded of={found}>
      {({ occurrences, before: next }) => (
        <>
          {occurrences.length > 0 ? (
            <ol class="rows">
              {occurrences.map((each) => (
                <li key={`${each.dueAt} ${each.at}`} class="row">
                  <OccurrenceRow of={each} />
                </li>
              ))}
            </ol>
          ) : before === undefined ? (
            <p class="soft">It has not fired yet.</p>
          ) : null}
          {next ? <Older>{() => <History schedule={schedule} before={next} />}</Older> : null}
        </>
      )}
    </Loaded>
  )
}

function OccurrenceRow({ of }: { readonly of: Occurrence }) {
  const { word, tone } = OUTCOMES[of.outcome]
  return (
    <>
      <span class="row-main">
        <Time at={of.dueAt} as="clock" />
        {of.untilAt ? (
          <>
            {' '}
            to <Time at={of.untilAt} as="clock" />
          </>
        ) : null}
        {of.reason ? (
          <span class="row-sub" dir="auto">
            {visible(of.reason)}
          </span>
        ) : null}
      </span>
      <span class="row-side">
        {of.count > 1 ? <span>{of.count} times</span> : null}
        {of.threads[0] ? (
          <a href={`/threads/${of.threads[0]}`}>
            Thread<span class="hidden"> of this occurrence</span>
          </a>
        ) : null}
        <Badge tone={tone}>{word}</Badge>
      </span>
    </>
  )
}
