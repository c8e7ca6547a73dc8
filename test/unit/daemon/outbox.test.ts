import { expect, test } from 'vitest'
import { enqueue, Outbox } from '../../../daemon/store/outbox.ts'
import { Pipeline } from '../../../daemon/store/pipeline.ts'
import { Store } from '../../../daemon/store/store.ts'
import { DueTimer } from '../../../daemon/store/timer.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'

/** An outbox over a database in memory, with the timer that brings it back to what it has to try again. */
function createOutbox() {
  const clock = new VirtualClock()
  const errors: unknown[] = []
  const store = new Store({ path: ':memory:', durability: 'os', clock, random: (count) => new Uint8Array(count) })
  const onUnexpected = (error: unknown) => errors.push(error)
  const pipeline = new Pipeline({ store, clock, onFatal: onUnexpected, onUnexpected })
  const outbox = new Outbox({ pipeline, reader: store, clock })
  let wakes = 0
  const timer = new DueTimer({ clock, onUnexpected, onDivergence: () => undefined })
  timer.add({
    next: () => {
      const mono = outbox.nextRetry()
      return mono === undefined ? undefined : { mono }
    },
    run: () => {
      wakes += 1
      outbox.wake()
    },
  })
  pipeline.afterBatch(() => timer.arm())
  timer.start()
  return {
    outbox,
    clock,
    store,
    wakes: () => wakes,
    put(destination: string, payload: unknown): void {
      pipeline.submit(
        (tx) => enqueue(tx, outbox, destination, payload),
        () => undefined,
      )
    },
  }
}

test('rows of one destination are carried out in order, each until its last step', () => {
  const { outbox, clock, put, store } = createOutbox()
  const done: string[] = []
  const left = new Map([['a', 2]])
  outbox.register<string>('mail', (_tx, name) => {
    done.push(name)
    const more = left.get(name) ?? 0
    left.set(name, more - 1)
    return more > 0
  })
  put('mail', 'a')
  put('mail', 'b')
  clock.advance(0)
  expect(done).toEqual(['a', 'a', 'a', 'b'])
  expect(store.all('SELECT * FROM outbox')).toEqual([])
})

test('a row that fails is tried again after 1 s, 2 s, 4 s, and holds back its own destination alone', () => {
  const { outbox, clock, put } = createOutbox()
  const tries: number[] = []
  const others: string[] = []
  let failing = true
  outbox.register<string>('broken', (_tx, name) => {
    if (name === 'second') others.push(name)
    else tries.push(clock.monoMs())
    if (failing) throw new Error('not now')
    return false
  })
  outbox.register<string>('healthy', (_tx, name) => {
    others.push(name)
    return false
  })
  put('broken', 'first')
  put('broken', 'second')
  put('healthy', 'mail')
  clock.advance(7_000)
  expect(tries).toEqual([0, 1_000, 3_000, 7_000])
  expect(others).toEqual(['mail'])
  failing = false
  clock.advance(8_000)
  expect(others).toEqual(['mail', 'second'])
})

test('a new row does not make a failing destination forget its backoff', () => {
  const { outbox, clock, put } = createOutbox()
  let tries = 0
  outbox.register('broken', () => {
    tries += 1
    throw new Error('not now')
  })
  put('broken', 1)
  clock.advance(0)
  for (let n = 0; n < 10; n += 1) {
    put('broken', n)
    clock.advance(10)
  }
  expect(tries).toBe(1)
})

test('a row is dead after ten tries, says so in an event, and lets the next one pass', () => {
  const { outbox, clock, put, store } = createOutbox()
  const done: string[] = []
  outbox.register<string>('mail', (_tx, name) => {
    if (name === 'bad') throw new Error('never')
    done.push(name)
    return false
  })
  put('mail', 'bad')
  put('mail', 'good')
  clock.advance(1_000_000)
  expect(done).toEqual(['good'])
  expect(store.all('SELECT state, attempts FROM outbox')).toEqual([{ state: 'dead', attempts: 10 }])
  expect(store.all("SELECT type FROM events WHERE type = 'outbox.dead'")).toHaveLength(1)
})

test('a dead row does not keep the timer busy', () => {
  const { outbox, clock, put, wakes } = createOutbox()
  outbox.register('mail', () => {
    throw new Error('never')
  })
  put('mail', 1)
  clock.advance(1_000_000)
  const before = wakes()
  clock.advance(60_000)
  expect(wakes() - before).toBe(0)
})

test('what waits when the daemon starts is carried out without anything new', () => {
  const { outbox, clock, store } = createOutbox()
  store.unsafeRun("INSERT INTO outbox (id, destination, payload, state, created_at) VALUES (1, 'mail', '\"left\"', 'waiting', 0)")
  const done: unknown[] = []
  outbox.register('mail', (_tx, payload) => {
    done.push(payload)
    return false
  })
  outbox.wake()
  clock.advance(0)
  expect(done).toEqual(['left'])
})
