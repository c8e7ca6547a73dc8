import { ClientError } from './client-error.ts'
import type { Clock } from './clock.ts'

/** How long a caller is willing to wait. */
export interface Bounds {
  /** Milliseconds; `Infinity` waits for as long as it takes. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * A promise that ends when `start` settles it, the time is over or the signal fires, whichever comes first.
 *
 * @param start begins the work and returns what abandons it; not called when the signal has fired already
 * @throws ClientError `timeout` or `aborted`
 */
export function bounded<T>(
  clock: Clock,
  { timeoutMs, signal }: Bounds,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false
    let stopTimer: (() => void) | undefined
    let abandon: (() => void) | undefined
    const ending =
      <V>(settle: (value: V) => void) =>
      (value: V): void => {
        if (over) return
        over = true
        stopTimer?.()
        signal?.removeEventListener('abort', onAbort)
        abandon?.()
        settle(value)
      }
    const fail = ending(reject)
    const onAbort = (): void => fail(new ClientError('aborted', 'Given up.', { cause: signal?.reason }))
    if (signal?.aborted) {
      onAbort()
      return
    }
    signal?.addEventListener('abort', onAbort)
    if (timeoutMs !== undefined && Number.isFinite(timeoutMs)) {
      stopTimer = clock.setTimer(() => fail(new ClientError('timeout', `Not within ${timeoutMs} ms.`)), timeoutMs)
    }
    abandon = start(ending(resolve), fail)
    // It was settled before it had returned.
    if (over) abandon()
  })
}
