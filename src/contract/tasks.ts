import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Id, Line, Name } from './common.ts'

/** What an ask says of the work that it hands out. It is shown on boards and changes nothing about the ask. */
export const Task = z.strictObject({
  title: Line(LIMITS.maxTaskTitleChars).refine((text) => text.trim() !== '', 'A title says something'),
  /** By which others refer to it, like `auth`; it is no address. */
  name: Name.optional(),
  /** What it is called where it comes from: a ticket, a task id of the runtime. */
  ref: Line(64).min(1).optional(),
  /** Asks whose answers it needs. The daemon delivers at once all the same. */
  after: z.array(Id('thread')).min(1).max(LIMITS.maxTaskAfter).optional(),
})

/** How far the recipient of an ask is. The newest one counts, whole. */
export const Progress = z
  .strictObject({
    done: z.int().min(0).max(LIMITS.maxTaskSteps).optional(),
    /** How many steps there are. */
    of: z.int().min(1).max(LIMITS.maxTaskSteps).optional(),
    /** What is being done now. */
    step: Line(LIMITS.maxTaskStepChars)
      .refine((text) => text.trim() !== '', 'A step says something')
      .optional(),
  })
  .refine(({ done, step }) => done !== undefined || step !== undefined, 'Expected `done`, `step`, or both')
  .refine(({ done, of }) => of === undefined || (done !== undefined && done <= of), '`of` stands with `done`, which is at most as much')
