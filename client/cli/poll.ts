import { setTimeout as pause } from 'node:timers/promises'

/** Processes and files announce nothing: they are looked at this often. */
const EVERY_MS = 25

/** Looks until there is something to return; `undefined` when the time is over. */
export async function poll<T>(look: () => Promise<T | undefined> | T | undefined, timeoutMs: number): Promise<T | undefined> {
  const endAt = performance.now() + timeoutMs
  for (;;) {
    const found = await look()
    if (found !== undefined || performance.now() >= endAt) return found
    await pause(EVERY_MS)
  }
}
