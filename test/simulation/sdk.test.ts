import { expect, it } from 'vitest'
import { tellSdkStory } from './sdk.ts'

const SEEDS = 40
const STEPS = 120
const ENDS = ['answered', 'declined', 'expired', 'failed', 'fan complete', 'fan enough', 'fan expired']

it(`settles every ask of the SDK under ${SEEDS} seeds of faults`, async () => {
  const ends = new Map<string, number>()
  let asks = 0
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const story = await tellSdkStory(seed, STEPS)
    expect(story.failure && { seed, ...story.failure, last: story.failure.last.slice(-30) }).toBeUndefined()
    asks += story.asks
    for (const [how, count] of story.ends) ends.set(how, (ends.get(how) ?? 0) + count)
  }
  process.stdout.write(`${asks} messages; asks ended: ${[...ends].map(([how, count]) => `${how} ${count}`).join(', ')}\n`)
  // Nothing but the ends that an ask and a fan may have, and a full disk: no timeouts of calls, no lost connections, no answer to another ask.
  expect([...ends.keys()].filter((how) => ![...ENDS, 'read_only'].includes(how))).toEqual([])
  expect(ends.get('answered') ?? 0).toBeGreaterThan(SEEDS * 20)
  expect(ends.get('fan complete') ?? 0).toBeGreaterThan(SEEDS)
  expect(ends.get('fan enough') ?? 0).toBeGreaterThan(SEEDS / 4)
}, 300_000)
