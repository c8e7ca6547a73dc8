import { AsyncLocalStorage } from 'node:async_hooks'
import type { Causes } from './causes.ts'

interface Frame {
  readonly owner: object
  readonly message: string
  readonly outer: Frame | undefined
}

// One store for the process: Node 20 visits every store for each promise, so one a connection would cost a factor.
const frames = new AsyncLocalStorage<Frame>()

/** Follows the handlers through their promises and timers. A peer sees only messages that it received itself. */
export const asyncCauses: Causes = {
  run: (owner, message, fn) => frames.run({ owner, message, outer: frames.getStore() }, fn),
  current: (owner) => {
    let frame = frames.getStore()
    while (frame && frame.owner !== owner) frame = frame.outer
    return frame?.message ?? null
  },
}
