import { systemClock } from '../clock.ts'

/** Resolves after a time, or as soon as the signal aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cancel = systemClock.setTimer(end, ms)
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    function end(): void {
      cancel()
      signal.removeEventListener('abort', end)
      resolve()
    }
  })
}
