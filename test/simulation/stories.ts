import { simulateDecisions } from './decisions.ts'
import { simulateLeads } from './orchestrators.ts'
import { simulatePairing } from './pairing.ts'
import { simulateReviews } from './reviews.ts'
import { simulateSchedules } from './schedules.ts'
import type { Told } from './story.ts'
import { simulateWatchdogs } from './watchdogs.ts'

/** How a story is told, and how often the tests do. */
interface Telling<S extends Told> {
  readonly tell: (seed: number, steps: number) => Promise<S>
  readonly seeds: number
  readonly steps: number
}

export const STORIES = {
  decisions: { tell: simulateDecisions, seeds: 16, steps: 160 },
  orchestrators: { tell: simulateLeads, seeds: 10, steps: 300 },
  pairing: { tell: simulatePairing, seeds: 30, steps: 300 },
  reviews: { tell: simulateReviews, seeds: 12, steps: 150 },
  schedules: { tell: simulateSchedules, seeds: 12, steps: 60 },
  watchdogs: { tell: simulateWatchdogs, seeds: 16, steps: 70 },
} as const

type Sums<S extends Told> = { readonly [Name in Exclude<keyof S, 'failures' | 'met'>]: number } & Pick<Told, 'failures' | 'met'>

/** By how many more a story may be told until everything has met that should. */
const SPARE_SEEDS = 20

/** Tells a story under each seed from 1 on until one is broken, and adds up what they count; `wanted` is what must be met. */
export async function tellAll<S extends Told>({ tell, seeds, steps }: Telling<S>, wanted: readonly string[] = []): Promise<Sums<S>> {
  const counts: Record<string, number> = {}
  const met = new Map<string, number>()
  const broken: string[] = []
  const isMissing = () => wanted.some((each) => !met.has(each))
  for (let seed = 1; broken.length === 0 && (seed <= seeds || (seed <= seeds + SPARE_SEEDS && isMissing())); seed += 1) {
    const { failures, met: own, ...story } = await tell(seed, steps)
    for (const [name, count] of Object.entries(story)) counts[name] = (counts[name] ?? 0) + (count as number)
    for (const [name, count] of own) met.set(name, (met.get(name) ?? 0) + count)
    broken.push(...failures.map((what) => `seed ${seed}: ${what}`))
  }
  process.stdout.write(`${JSON.stringify(counts)}\n`)
  return { ...counts, failures: broken, met } as Sums<S>
}
