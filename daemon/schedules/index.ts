/** The schedules domain: rules that fire once for each due time, and the one look at the clock that fires them. */
import { LIMITS } from '../../src/limits.ts'
import type { Clock } from '../clock.ts'
import type { Pipeline } from '../store/pipeline.ts'
import type { Store } from '../store/store.ts'
import type { DueTimer } from '../store/timer.ts'
import type { ScheduleDeps } from './deps.ts'
import { fireDue, nextFiring } from './fire.ts'
import { createScheduleHandlers } from './handlers.ts'
import { getSchedule, historySchedule, listSchedules, previewSchedule } from './reading.ts'

export { schedulesOf } from './duties.ts'
export { type OccurrenceSweep, purgeOccurrences, purgeSchedules } from './retention.ts'

export interface SchedulesOptions extends ScheduleDeps {
  readonly store: Store
  readonly pipeline: Pipeline
  readonly timer: DueTimer
  readonly clock: Clock
}

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
      'schedules.preview': previewSchedule(clock, options.zone),
    },
  } as const
}
