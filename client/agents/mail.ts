import type { Output } from '../../src/contract/index.ts'
import { renderDigest } from '../../src/tools/envelope.ts'

/** Bodies that one hook shows, in bytes: Claude Code puts what is longer than 10,000 characters into a file and shows its beginning. */
const MAX_BODY_BYTES = 6_000
/** Asks presented again by one hook; `boot` shows the others. */
const MAX_OWED = 10
/** Messages taken over by one hook. */
export const MAX_HANDED = 10

/**
 * What a boundary hands over, for the model; empty where there is nothing to show.
 *
 * @param maxBytes what the bodies may take together
 */
export function mailText({ items, owed, waiting, you }: Output<'sessions.boundary'>, maxBytes = MAX_BODY_BYTES): string {
  if (items.length === 0 && owed.length === 0) return ''
  const digest = renderDigest(items, owed.slice(0, MAX_OWED), waiting, you, { maxBytes })
  const left = owed.length - MAX_OWED
  return left > 0 ? `${digest}\n${left} more asks wait for your answer: boot shows them.` : digest
}

/** It stands where a person's words stand, so it holds nobody's: the mail comes beside it, or from the tool. */
export function wakeText(waiting: number): string {
  const what = waiting === 1 ? 'A message waits' : `${waiting} messages wait`
  return `[Muster, not a person] ${what} for you. What is not shown with this comes with the Muster tool inbox.`
}
