import { describe, expect, it } from 'vitest'
import { type Delivery, isSettled, stageOf, summaryOf } from '../../../client/dashboard/threads/stages.ts'

const AT = '2026-01-31T09:00:00.000Z'
const LATER = '2026-01-31T09:00:05.000Z'

function delivery(part: Partial<Delivery>): Delivery {
  const to = { id: 'peer_k7qm2x1', name: 'backend', circle: 'main', role: 'agent' } as const
  const base = { id: 'dlv_k7qm2x1', message: 'msg_k7qm2x1', thread: 'thr_k7qm2x1', to, attempt: 0, failures: 0, reason: null } as const
  return { ...base, state: 'queued', queuedAt: AT, offeredAt: null, seenAt: null, endedAt: null, ...part }
}

describe('the stage of a delivery', () => {
  it('is the last one that is proven, with its time', () => {
    expect(stageOf(delivery({}))).toEqual({ word: 'queued', at: AT, tick: 'waits' })
    expect(stageOf(delivery({ state: 'offered', offeredAt: LATER, attempt: 1 }))).toEqual({ word: 'offered', at: LATER, tick: 'offered' })
    expect(stageOf(delivery({ state: 'offered', offeredAt: LATER, attempt: 3 })).word).toBe('offered, attempt 3')
    expect(stageOf(delivery({ state: 'queued', offeredAt: LATER, attempt: 2 })).word).toBe('queued again after 2 attempts')
    expect(stageOf(delivery({ state: 'offered', offeredAt: AT, seenAt: LATER, attempt: 1 }))).toEqual({ word: 'seen', at: LATER, tick: 'acked' })
    expect(stageOf(delivery({ state: 'dead', endedAt: LATER }))).toEqual({ word: 'dead letter', at: LATER, tick: 'dead' })
  })

  it('says of many how many have come how far, the worst first', () => {
    const acked = delivery({ state: 'acked', endedAt: LATER })
    expect(summaryOf([])).toBeUndefined()
    expect(summaryOf([acked])?.word).toBe('acked')
    expect(summaryOf([acked, acked])?.word).toBe('acked 2 of 2')
    expect(summaryOf([acked, delivery({}), acked])?.word).toBe('queued 1 of 3')
    expect(summaryOf([acked, delivery({ state: 'dead', endedAt: LATER }), delivery({})])?.word).toBe('dead letter 1 of 3')
  })

  it('changes no more once it has ended and its proof can have come, but for a dead letter', () => {
    const soon = Date.parse(LATER) + 1_000
    const long = Date.parse(LATER) + 61_000
    expect(isSettled(delivery({}), long)).toBe(false)
    expect(isSettled(delivery({ state: 'acked', endedAt: LATER }), soon)).toBe(false)
    expect(isSettled(delivery({ state: 'acked', endedAt: LATER, seenAt: LATER }), soon)).toBe(true)
    expect(isSettled(delivery({ state: 'acked', endedAt: LATER }), long)).toBe(true)
    expect(isSettled(delivery({ state: 'superseded', endedAt: LATER }), soon)).toBe(true)
    expect(isSettled(delivery({ state: 'dead', endedAt: LATER }), long)).toBe(false)
  })
})
