import { expect, test } from 'vitest'
import { type DueSource, DueTimer } from '../../../daemon/store/timer.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

function createTimer(sources: readonly DueSource[]) {
  const clock = new VirtualClock()
  const diverged: number[] = []
  const errors: unknown[] = []
  const timer = new DueTimer({ clock, onDivergence: () => diverged.push(clock.monoMs()), onUnexpected: (error) => errors.push(error) })
  for (const source of sources) timer.add(source)
  const stop = timer.start()
  return { clock, timer, diverged, errors, stop }
}

test('a source runs when its time has come, and not before', () => {
  let due: number | undefined = 1_000
  const ran: number[] = []
  const { clock } = createTimer([
    {
      next: () => (due === undefined ? undefined : { mono: due }),
      run: () => {
        ran.push(clock.monoMs())
        due = undefined
      },
    },
  ])
  clock.advance(999)
  expect(ran).toEqual([])
  clock.advance(1)
  expect(ran).toEqual([1_000])
})

test('a time that becomes earlier is met once the timer is armed again', () => {
  let due = 20_000
  const ran: number[] = []
  const run = () => {
    ran.push(clock.monoMs())
    due = Number.POSITIVE_INFINITY
  }
  const { clock, timer } = createTimer([{ next: () => ({ mono: due }), run }])
  due = 100
  timer.arm()
  clock.advance(100)
  expect(ran).toEqual([100])
})

test('a calendar time that a step of the wall clock has passed is met within 30 s', () => {
  const dueAt = new VirtualClock().wallMs() + 3_600_000
  const ran: number[] = []
  let done = false
  const run = () => {
    ran.push(clock.monoMs())
    done = true
  }
  const { clock } = createTimer([{ next: () => (done ? undefined : { wall: dueAt }), run }])
  clock.stepWall(3_600_000)
  clock.advance(30_000)
  expect(ran).toHaveLength(1)
  expect(ran[0]).toBeLessThanOrEqual(30_000)
})

test('what is due and cannot be done wakes the timer at most every 20 ms', () => {
  let wakes = 0
  const run = () => {
    wakes += 1
  }
  const { clock } = createTimer([{ next: () => ({ mono: 0 }), run }])
  clock.advance(1_000)
  expect(wakes).toBeLessThanOrEqual(51)
  expect(wakes).toBeGreaterThan(10)
})

test('clocks that part by more than 5 s are reported before anything is judged due', () => {
  const order: string[] = []
  const clock = new VirtualClock()
  const timer = new DueTimer({ clock, onDivergence: () => order.push('diverged'), onUnexpected: () => undefined })
  timer.add({ next: () => ({ mono: 1_000 }), run: () => order.push('ran') })
  const stop = timer.start()
  clock.stepWall(5_001)
  clock.advance(1_000)
  stop()
  expect(order).toEqual(['diverged', 'ran'])
})

test('clocks that part by 5 s or less are not reported', () => {
  const { clock, diverged } = createTimer([])
  clock.stepWall(-5_000)
  clock.advance(60_000)
  expect(diverged).toEqual([])
})

test('a source that throws keeps no other from running', () => {
  let ran = false
  let failed = false
  const { clock, errors } = createTimer([
    {
      next: () => (failed ? undefined : { mono: 10 }),
      run: () => {
        failed = true
        throw new Error('source')
      },
    },
    {
      next: () => (ran ? undefined : { mono: 10 }),
      run: () => {
        ran = true
      },
    },
  ])
  clock.advance(10)
  expect(ran).toBe(true)
  expect(errors).toHaveLength(1)
})

test('a stopped timer holds nothing and runs nothing', () => {
  let ran = 0
  const run = () => {
    ran += 1
  }
  const { clock, stop } = createTimer([{ next: () => ({ mono: 10 }), run }])
  stop()
  expect(clock.pending).toBe(0)
  clock.advance(60_000)
  expect(ran).toBe(0)
})
