import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { Flight } from './flights.ts'

type How = 'orderly' | 'lost'

export interface ReturnsOptions {
  readonly pipeline: Pipeline
  readonly timer: DueTimer
  readonly clock: Clock
  readonly dispatcher: () => Dispatcher
  readonly write: (tx: Tx, flights: readonly Flight[], how: How) => void
}

/**
 * Writes down that offers are over because their connection is. They stay in flight until that is stored: offered again
 * before, a delivery would go out under the same attempt as if for the first time.
 */
export function createReturns({ pipeline, timer, clock, dispatcher, write }: ReturnsOptions): (flights: readonly Flight[], how: How) => void {
  const unwritten: { readonly flights: readonly Flight[]; readonly how: How }[] = []
  let retryAt = 0
  const giveBack = (flights: readonly Flight[], how: How): void =>
    pipeline.submit(
      (tx) => write(tx, flights, how),
      (outcome) => {
        if (!outcome.ok && outcome.error.retryable) {
          unwritten.push({ flights, how })
          retryAt = clock.monoMs() + LIMITS.backoffFirstMs
          return
        }
        for (const flight of flights) {
          if (dispatcher().flights.get(flight.deliveryId) === flight) dispatcher().release(flight.deliveryId)
          dispatcher().wake(flight.peerId)
        }
      },
    )
  timer.add({
    next: () => (unwritten.length === 0 ? undefined : { mono: retryAt }),
    run: () => {
      for (const { flights, how } of unwritten.splice(0)) {
        // Losing a connection is no failure, however long the disk refuses to note it.
        for (const { deliveryId } of flights) dispatcher().flights.extend(deliveryId)
        giveBack(flights, how)
      }
    },
  })
  return giveBack
}
