import { expect, test } from 'vitest'
import { onDemand } from '../../../daemon/gateway/on-demand.ts'

test('what is loaded on demand is loaded once for all who ask, those who ask meanwhile included', async () => {
  let loads = 0
  const load = onDemand(async () => ({ number: ++loads }))
  expect(loads).toBe(0)
  const [first, second] = await Promise.all([load(), load()])
  expect([first, second, await load()]).toEqual([{ number: 1 }, { number: 1 }, { number: 1 }])
  expect(second).toBe(first)
})

test('a load that failed fails for all who waited, and the next one tries again', async () => {
  const outcomes = [Promise.reject(new Error('gone')), Promise.resolve('here')]
  outcomes[0]?.catch(() => undefined)
  const load = onDemand(() => outcomes.shift() as Promise<string>)
  const waiting = [load(), load()]
  for (const each of waiting) await expect(each).rejects.toThrow('gone')
  expect(await load()).toBe('here')
})
