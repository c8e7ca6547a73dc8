import type { Clock } from '../clock.ts'

/** How long a stop waits until those who called have been told of it. */
const FAREWELL_MS = 1_000

/** Waits until answers have gone out, whatever they say, but no longer than a moment. */
export async function sayFarewell(answers: readonly Promise<unknown>[], clock: Clock): Promise<void> {
  let cancel = (): void => undefined
  const late = new Promise<void>((resolve) => {
    cancel = clock.setTimer(resolve, FAREWELL_MS)
  })
  await Promise.race([Promise.allSettled(answers), late])
  cancel()
}
