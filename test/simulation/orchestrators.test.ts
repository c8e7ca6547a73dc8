import { expect, it } from 'vitest'
import { STORIES, tellAll } from './stories.ts'

const { seeds } = STORIES.orchestrators

it(`has one leader a circle at any moment, and fences every write, under seeds 1 to ${seeds}`, async () => {
  const sums = await tellAll(STORIES.orchestrators)
  expect(sums.failures).toEqual([])
  for (const [name, least] of Object.entries({ leads: 20, lapses: 1, accepted: 10, refused: 10, moved: 5, crashes: 2, restores: 1 }))
    expect(sums[name as keyof typeof sums], name).toBeGreaterThan(seeds * least)
})
