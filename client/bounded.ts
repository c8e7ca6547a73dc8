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
  { timeoutMs = Number.POSITIVE_INFINITY, signal }: Bounds,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let over = false
    const undo: (() => void)[] = []
    const end = (): boolean => {
      if (over) return false
      over = true
      for (const step of undo) step()
      return true
    }
    const fail = (error: unknown): void => {
      if (end()) reject(error)
    }
    const onAbort = (): void => fail(new ClientError('aborted', 'The caller gave up.', { cause: signal?.reason }))
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort)
    undo.push(() => signal?.removeEventListener('abort', onAbort))
    if (timeoutMs < Number.POSITIVE_INFINITY) {
      undo.push(clock.setTimer(() => fail(new ClientError('timeout', `Nothing came within ${timeoutMs} ms.`)), timeoutMs))
    }
    const abandon = start((value) => {
      if (end()) resolve(value)
    }, fail)
    if (over) abandon()
    else undo.push(abandon)
  })
}
