import { useState } from 'preact/hooks'
import type { Output } from '../../browser.ts'
import { Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { useLive } from '../session/live.ts'
import { Chart, type Line } from './chart.tsx'
import { milliseconds } from './milliseconds.ts'

type Seen = Output<'node.activity'>
type Bucket = Seen['buckets'][number]
type Over = 'hour' | 'day'

const SPANS = {
  hour: { name: 'Last hour', since: 'an hour ago', per: 'a minute' },
  day: { name: 'Last day', since: 'a day ago', per: 'in 15 minutes' },
} as const satisfies Record<Over, object>

/** How much goes through the node, and how fast. */
export function Activity() {
  const [over, setOver] = useState<Over>('hour')
  const found = useLive('node.activity', { over }, ['thread', 'mailbox', 'delivery'])
  return (
    <Section title="Activity">
      <div class="buttons charts-over">
        {(['hour', 'day'] as const).map((each) => (
          <button key={each} type="button" class="small" aria-pressed={over === each} onClick={() => setOver(each)}>
            {SPANS[each].name}
          </button>
        ))}
      </div>
      <Loaded of={found}>{(seen) => <Charts of={seen} over={over} />}</Loaded>
    </Section>
  )
}

function Charts({ of: { buckets, total, complete }, over }: { readonly of: Seen; readonly over: Over }) {
  const { name, since, per } = SPANS[over]
  const counted = (...lines: readonly (readonly [word: string, count: number, pick: (bucket: Bucket) => number])[]): Line[] =>
    lines.some(([, count]) => count > 0) ? lines.map(([word, count, pick]) => ({ says: `${count} ${word}`, values: buckets.map(pick) })) : []
  const timed = (of: 'ackMs' | 'answerMs'): Line[] => {
    const all = total[of]
    if (all === null) return []
    return [
      { says: `median ${milliseconds(all.p50)}`, values: buckets.map((bucket) => bucket[of]?.p50 ?? null) },
      { says: `95% within ${milliseconds(all.p95)}`, values: buckets.map((bucket) => bucket[of]?.p95 ?? null) },
    ]
  }
  const charts: readonly (readonly [title: string, lines: Line[], most: (top: number) => string])[] = [
    ['Messages', counted(['sent', total.messages, ({ messages }) => messages]), (top) => `at most ${top} ${per}`],
    ['Asks', counted(['asked', total.asks, ({ asks }) => asks], ['answered', total.answered, ({ answered }) => answered]), (top) => `at most ${top} ${per}`],
    ['Time until received', timed('ackMs'), (top) => `at most ${milliseconds(top)}`],
    ['Time until answered', timed('answerMs'), (top) => `at most ${milliseconds(top)}`],
  ]
  return (
    <>
      <div class="charts">
        {charts.map(([title, lines, most]) => (
          <Chart key={title} title={title} over={name.toLowerCase()} since={since} most={most} lines={lines} />
        ))}
      </div>
      {complete ? null : <p class="soft">There was more than can be read at once: the oldest is missing.</p>}
    </>
  )
}
