interface Dated {
  readonly cursor: string
}

/** What is known of a log, the newest first, without a gap. */
export interface Known<T> {
  readonly events: readonly T[]
  /** Where what is older begins; `null` where the log does. */
  readonly before: string | null
}

/** What was known, with the newest page before it. Where the two do not meet, something is missing between them, and the page is all that is known. */
export function withNewest<T extends Dated>(known: Known<T>, page: Known<T>): Known<T> {
  const newest = known.events[0]?.cursor
  const at = newest === undefined ? -1 : page.events.findIndex(({ cursor }) => cursor === newest)
  if (at < 0) return page
  return { events: [...page.events.slice(0, at), ...known.events], before: known.before }
}

/** What was known, with a page of older events behind it. */
export function withOlder<T extends Dated>(known: Known<T>, page: Known<T>): Known<T> {
  return { events: [...known.events, ...page.events], before: page.before }
}
