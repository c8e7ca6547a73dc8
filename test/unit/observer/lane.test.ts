import { describe, expect, it } from 'vitest'
import { ForgeError } from '../../../client/observer/forge.ts'
import { Lane } from '../../../client/observer/lane.ts'
import { RepositoryError } from '../../../client/observer/repositories.ts'
import type { Facts, Subject } from '../../../client/observer/subjects.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

const EVERY_MS = 60_000
const A = 'a'.repeat(40)
const B = 'b'.repeat(40)
const subject = (review: string, more: Partial<Subject> = {}): Subject => ({ review, kind: 'pull_request', host: 'h', project: 'o/r', number: 1, ...more })

/** A lane on a virtual clock: when it looked at what, and what it reported. */
function scene(look: (subject: Subject, count: number) => Facts | Promise<Facts> = () => ({ state: 'open', head: A })) {
  const time = new VirtualClock()
  const startedAt = time.wallMs()
  const over = new AbortController()
  const looks: (readonly [review: string, atS: number])[] = []
  const reported: (readonly [review: string, facts: Facts])[] = []
  let states = 0
  let refuse: Error | undefined
  const lane = new Lane({
    name: 'h',
    everyMs: EVERY_MS,
    clock: { now: time.monoMs, wallMs: time.wallMs, setTimer: time.setTimer, random: () => 0.5 },
    signal: over.signal,
    async look(one) {
      looks.push([one.review, (time.wallMs() - startedAt) / 1_000])
      return await look(one, looks.filter(([review]) => review === one.review).length)
    },
    async report(one, facts) {
      if (refuse) throw refuse
      reported.push([one.review, facts])
    },
    onState: () => {
      states += 1
    },
  })
  return {
    lane,
    time,
    looks,
    reported,
    over,
    states: () => states,
    refuseReports: (error: Error | undefined) => {
      refuse = error
    },
    timesOf: (review: string) => looks.filter(([one]) => one === review).map(([, at]) => at),
  }
}

describe('a lane', () => {
  it('looks at what is new at once, and then less and less often while nothing happens', async () => {
    const { lane, time, timesOf, reported } = scene()
    await time.settle(EVERY_MS * 5)
    lane.watch([subject('r1')])
    await time.settle(3_600_000)
    const gaps = timesOf('r1').map((at, index, all) => Math.round(at - (all[index - 1] ?? 300)))
    expect(gaps).toEqual([0, 60, 90, 135, 203, 304, 456, 600, 600, 600])
    expect(reported).toEqual([['r1', { state: 'open', head: A }]])
  })

  it('with nothing to look at does nothing at all', () => {
    const { lane, time } = scene()
    lane.watch([])
    expect(time.pending).toBe(0)
  })

  it('reports each change once, and looks often again behind it', async () => {
    const { lane, time, timesOf, reported } = scene((_one, count) => ({ state: 'open', head: count < 4 ? A : B, ...(count === 4 && { changed: { from: A } }) }))
    lane.watch([subject('r1')])
    await time.settle(600_000)
    expect(reported.map(([, { head, changed }]) => [head, changed])).toEqual([
      [A, undefined],
      [B, { from: A }],
    ])
    expect(timesOf('r1').slice(0, 6)).toEqual([0, 60, 150, 285, 345, 435])
  })

  it('keeps looking often while checks run', async () => {
    const { lane, time, timesOf } = scene(() => ({ state: 'open', checks: 'pending' }))
    lane.watch([subject('r1')])
    await time.settle(EVERY_MS * 3)
    expect(timesOf('r1')).toEqual([0, 60, 120, 180])
  })

  it('stops looking at what is not wanted any more', async () => {
    const { lane, time, timesOf } = scene()
    lane.watch([subject('r1'), subject('r2')])
    await time.settle(1)
    lane.watch([subject('r2')])
    await time.settle(EVERY_MS)
    expect([timesOf('r1').length, timesOf('r2').length]).toEqual([1, 2])
  })

  it('looks at once where somebody else has named another head, and not for its own report of one', async () => {
    const { lane, time, timesOf, reported } = scene()
    lane.watch([subject('r1')])
    await time.settle(1)
    lane.watch([subject('r1', { head: A })])
    await time.settle(1)
    expect(timesOf('r1').length).toBe(1)
    lane.watch([subject('r1', { head: B })])
    await time.settle(1)
    // The forge says otherwise, and is reported once more.
    expect([timesOf('r1').length, reported.length]).toEqual([2, 2])
    lane.watch([subject('r1', { head: B })])
    await time.settle(1)
    expect(timesOf('r1').length).toBe(2)
  })

  it('reports again what the daemon did not take', async () => {
    const { lane, time, reported, refuseReports } = scene()
    refuseReports(new Error('not now'))
    lane.watch([subject('r1')])
    await time.settle(1)
    expect(lane.part).toMatchObject({ state: 'waiting' })
    refuseReports(undefined)
    await time.settle(EVERY_MS * 2)
    expect(reported).toEqual([['r1', { state: 'open', head: A }]])
    expect(lane.part).toMatchObject({ state: 'ok', says: 'looks at 1' })
  })

  it('looks at four at a time, and at all of them', async () => {
    let now = 0
    let most = 0
    const { lane, time, reported } = scene(async () => {
      most = Math.max(most, ++now)
      await new Promise<void>((resolve) => void time.setTimer(resolve, 10))
      now -= 1
      return { state: 'open' }
    })
    lane.watch(Array.from({ length: 30 }, (_, index) => subject(`r${index}`)))
    await time.settle(1_000)
    expect([most, reported.length]).toEqual([4, 30])
  })

  it('leaves the whole forge alone when that limits the calls, until it says', async () => {
    const { lane, time, looks } = scene((one, count) => {
      if (one.review === 'r1' && count === 1) throw new ForgeError('limited', 'it limits the calls (429)', time.monoMs() + 500_000)
      return { state: 'open' }
    })
    lane.watch(Array.from({ length: 20 }, (_, index) => subject(`r${index + 1}`)))
    await time.settle(499_000)
    expect(looks.length).toBeLessThanOrEqual(4)
    expect(lane.part.state).toBe('waiting')
    await time.settle(5_000)
    expect(new Set(looks.map(([review]) => review)).size).toBe(20)
    expect(lane.part.state).toBe('ok')
  })

  it('keeps its pace and its backoff when the calendar is put back or leaps', async () => {
    let isWell = true
    const { lane, time, looks } = scene(() => {
      if (!isWell) throw new ForgeError('unreachable', 'it said no')
      return { state: 'open', checks: 'pending' }
    })
    lane.watch([subject('r1')])
    await time.settle(1)
    time.stepWall(-86_400_000)
    await time.settle(EVERY_MS * 2)
    expect(looks.length).toBe(3)
    isWell = false
    await time.settle(EVERY_MS)
    time.stepWall(172_800_000)
    await time.settle(EVERY_MS * 2 + 1)
    expect(looks.length).toBe(5)
  })

  it.each(['refused', 'unreachable'] as const)('backs off from a forge that is %s, up to half an hour, and comes back', async (kind) => {
    let isWell = false
    const { lane, time, timesOf } = scene(() => {
      if (!isWell) throw new ForgeError(kind, 'it said no')
      return { state: 'open' }
    })
    lane.watch([subject('r1'), subject('r2', { number: 2 })])
    await time.settle(7_200_000)
    const gaps = timesOf('r1').map((at, index, all) => at - (all[index - 1] ?? 0))
    expect(gaps.slice(0, 6)).toEqual([0, 120, 240, 480, 960, 1_800])
    expect(lane.part).toMatchObject({ state: 'failing', says: expect.stringMatching(/^it said no; the next look is at 2026-/) })
    isWell = true
    await time.settle(1_800_000)
    expect(lane.part).toMatchObject({ state: 'ok' })
  })

  it.each([new ForgeError('missing', 'there is none'), new ForgeError('unexpected', 'odd'), new RepositoryError('there is none')])(
    'holds back one subject for %s, and none of the others',
    async (error) => {
      const { lane, time, timesOf } = scene((one) => {
        if (one.review === 'r1') throw error
        return { state: 'open', checks: 'pending' }
      })
      lane.watch([subject('r1'), subject('r2')])
      await time.settle(EVERY_MS * 6)
      expect([timesOf('r1'), timesOf('r2').length]).toEqual([[0, 120, 360], 7])
      expect(lane.part).toMatchObject({ state: 'waiting', says: `looks at 2, cannot look at 1: h/o/r#1: ${error.message}` })
    },
  )

  it('says nothing twice, and ends with its signal', async () => {
    const { lane, time, over, states, looks } = scene()
    lane.watch([subject('r1')])
    await time.settle(3_600_000)
    expect(states()).toBe(1)
    over.abort()
    expect(time.pending).toBe(0)
    await time.settle(3_600_000)
    expect(looks.length).toBe(10)
  })
})
