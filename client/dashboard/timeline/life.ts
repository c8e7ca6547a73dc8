import type { Output } from '../../browser.ts'

export type Trace = Output<'threads.trace'>
type Delivery = Trace['deliveries'][number]

/** One proven point in the life of a message. */
export interface Point {
  readonly word: string
  /** RFC 3339. */
  readonly at: string
  /** Since the point before it; milliseconds. */
  readonly gapMs: number | undefined
  readonly note: string | null
  readonly tone: 'good' | 'warn' | 'bad' | 'plain'
}

/** What became of a message with one recipient. */
export interface Track {
  readonly delivery: string
  readonly to: Delivery['to']
  readonly points: readonly Point[]
}

const TONES: Readonly<Record<string, Point['tone']>> = {
  acked: 'good',
  seen: 'good',
  answered: 'good',
  dead: 'bad',
  failed: 'bad',
  expired: 'bad',
  superseded: 'warn',
  withdrawn: 'warn',
  declined: 'warn',
  cancelled: 'warn',
}

/** The steps of a trace for each recipient, in the order in which they happened. What concerns all stands in each. */
export function tracksOf({ deliveries, steps }: Pick<Trace, 'deliveries' | 'steps'>): Track[] {
  return deliveries.map(({ id, to }) => ({ delivery: id, to, points: pointsOf(steps.filter(({ delivery }) => delivery === null || delivery === id)) }))
}

/** A message that was for nobody else has no track, but it was said. */
export function pointsOf(steps: Trace['steps']): Point[] {
  return steps.map(({ at, step, note }, index) => {
    const previous = steps[index - 1]
    const gapMs = previous === undefined ? undefined : Date.parse(at) - Date.parse(previous.at)
    return { word: step, at, gapMs, note, tone: TONES[step] ?? 'plain' }
  })
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** "12 ms", "3.4 s", "2 min", "5 h", "3 d". */
export function gapInWords(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= size)
  if (!unit) return `${ms} ms`
  const number = ms / unit[1]
  return `${number < 10 && unit[0] === 's' ? number.toFixed(1) : Math.floor(number)} ${unit[0]}`
}
