/** The schedules domain: rules that fire once for each due time, and the one look at the clock that fires them. */

import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { Tx } from '../store/transaction.ts'
import type { ScheduleDeps } from './deps.ts'
import { fireDue, nextFiring } from './fire.ts'
import { createScheduleHandlers } from './handlers.ts'
import { getSchedule, historySchedule, listSchedules, previewSchedule } from './reading.ts'
import { findSchedule } from './rows.ts'
import { end } from './states.ts'

export { schedulesOf } from './duties.ts'
export { failedSchedule } from './reading.ts'
export { type OccurrenceSweep, purgeOccurrences, purgeSchedules } from './retention.ts'
export { instantsOf, isZone, plusDays, wallAt } from './zone.ts'

export interface SchedulesOptions extends ScheduleDeps {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly timer: DueTimer
  readonly clock: Clock
}

/** What a reminder of a review is beside what its owner says: what a schedule is by default. */
const REMINDER = { kind: 'notify', priority: 'normal', missed: 'once', missedCap: 10, overlap: 'skip' } as const

export function createSchedules(options: SchedulesOptions) {
  const { store, pipeline, timer, clock } = options
  timer.add({
    next: () => {
      const wall = nextFiring(store)
      return wall === undefined ? undefined : { wall }
    },
    run: () => {
      for (let n = 0; n < LIMITS.firingCommands; n += 1) {
        pipeline.submit(
          (tx) => fireDue(tx, options),
          () => undefined,
        )
      }
    },
  })
  const handlers = createScheduleHandlers(options)
  return {
    /** A schedule that reminds of a review while it is owed, made by the daemon for its owner. @returns its number @throws MusterError */
    add(
      tx: Tx,
      owner: PeerCaller,
      { to, body, every, review }: { readonly to: string; readonly body: string; readonly every: string; readonly review: string },
    ): number {
      const gates = [{ if: 'review_owed' as const, review, not: false }]
      const { schedule } = handlers.create.run(tx, owner, { ...REMINDER, to, body, every, gates, label: `review ${review}` })
      return tx.number('schedule', schedule.id)
    },
    end(tx: Tx, schedule: number, reason: string): void {
      const row = findSchedule(tx, schedule)
      if (row && row.state !== 'ended') end(tx, row, reason)
    },
    /** Resumes or deletes one in the name of a person. @throws MusterError */
    settle(tx: Tx, schedule: number, how: 'resume' | 'delete', by: PeerCaller): void {
      const input = { schedule: tx.id('schedule', schedule) }
      if (how === 'resume') handlers.resume.run(tx, by, input)
      else handlers.remove.run(tx, by, input)
    },
    commands: {
      'schedules.create': handlers.create,
      'schedules.edit': handlers.edit,
      'schedules.pause': handlers.pause,
      'schedules.resume': handlers.resume,
      'schedules.run': handlers.run,
      'schedules.delete': handlers.remove,
    },
    queries: {
      'schedules.get': getSchedule,
      'schedules.list': listSchedules,
      'schedules.history': historySchedule,
      'schedules.preview': previewSchedule(clock, options),
    },
  } as const
}
