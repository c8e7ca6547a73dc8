import { useState } from 'preact/hooks'
import type { Output } from '../../browser.ts'
import { Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { useLive } from '../session/live.ts'
import { milliseconds } from './milliseconds.ts'
import { areaPath, linePath } from './spark.ts'

type Seen = Output<'node.activity'>
type Over = 'hour' | 'day'

const WIDTH = 300
const HEIGHT = 56
const SAYS: Readonly<Record<Over, string>> = { hour: 'Last hour', day: 'Last day' }

/** How much goes through the node, and how fast. */
export function Activity() {
  const [over, setOver] = useState<Over>('hour')
  const found = useLive('node.activity', { over }, ['thread', 'mailbox', 'delivery'])
  return (
    <Section title="Activity">
      <div class="buttons charts-over">
        {(['hour', 'day'] as const).map((each) => (
          <button key={each} type="button" class="small" aria-pressed={over === each} onClick={() => setOver(each)}>
            {SAYS[each]}
          </button>
        ))}
      </div>
      <Loaded of={found}>{(seen) => <Charts of={seen} over={over} />}</Loaded>
    </Section>
  )
}

function Charts({ of: { buckets, total, complete, every }, over }: { readonly of: Seen; readonly over: Over }) {
  const of = (pick: (bucket: Seen['buckets'][number]) => number | null): readonly (number | null)[] => buckets.map(pick)
  return (
    <>
      <div class="charts">
        <Chart title="Messages" unit={`in each ${every}`} now={String(total.messages)} over={over} values={of(({ messages }) => messages)} />
        <Chart
          title="Asks, and answers (dashed)"
          unit={`in each ${every}`}
          now={`${total.asks}, ${total.answered}`}
          over={over}
          values={of(({ asks }) => asks)}
          second={of(({ answered }) => answered)}
        />
        <Chart
          title="Until taken, median and slowest twentieth (dashed)"
          unit="ms"
          now={milliseconds(total.ackMs?.p50)}
          over={over}
          values={of(({ ackMs }) => ackMs?.p50 ?? null)}
          second={of(({ ackMs }) => ackMs?.p95 ?? null)}
        />
        <Chart
          title="Until answered, median and slowest twentieth (dashed)"
          unit="ms"
          now={milliseconds(total.answerMs?.p50)}
          over={over}
          values={of(({ answerMs }) => answerMs?.p50 ?? null)}
          second={of(({ answerMs }) => answerMs?.p95 ?? null)}
        />
      </div>
      {complete ? null : <p class="soft">There was more than can be read at once: the oldest is missing.</p>}
    </>
  )
}

interface ChartProps {
  readonly title: string
  readonly unit: string
  /** Of all of the time together. */
  readonly now: string
  readonly over: Over
  readonly values: readonly (number | null)[]
  readonly second?: readonly (number | null)[]
}

/** A small chart: its total in figures, and its course. */
function Chart({ title, unit, now, over, values, second = [] }: ChartProps) {
  const top = Math.max(0, ...[...values, ...second].map((value) => value ?? 0))
  const peak = unit === 'ms' ? milliseconds(top) : `${top} ${unit}`
  return (
    <figure class="chart">
      <figcaption>
        <span>{title}</span>
        <span class="chart-now">{now}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title}: ${now} in the ${over === 'hour' ? 'last hour' : 'last day'}, at most ${peak}`}
      >
        <title>{`At most ${peak}`}</title>
        <path class="chart-area" d={areaPath(values, top, WIDTH, HEIGHT)} />
        <path class="chart-line" d={linePath(values, top, WIDTH, HEIGHT)} />
        {second.length > 0 ? <path class="chart-line chart-line-2" d={linePath(second, top, WIDTH, HEIGHT)} /> : null}
      </svg>
    </figure>
  )
}
