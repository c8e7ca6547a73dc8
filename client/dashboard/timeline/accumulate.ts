interface Dated {
  readonly cursor: string
}

/** What is known of a log, the newest first, without a gap. */
export interface Known<T> {
  readonly events: readonly T[]
  /** Where what is older begins; `null` where the log does. */
  readonly before: string | null
}

/**
 * What was known, behind the newest page. Where the two do not meet, something is missing between them, and the page is all that is known. Of
 * what is in both, the page is right: events do not change, but what there is to say about them does.
 */
export function withNewest<T extends Dated>(known: Known<T>, page: Known<T>): Known<T> {
  const oldest = page.events.at(-1)?.cursor
  const at = oldest === undefined ? -1 : known.events.findIndex(({ cursor }) => cursor === oldest)
  if (at < 0) return page
  return { events: [...page.events, ...known.events.slice(at + 1)], before: known.before }
}

/** What was known, with a page of older events behind it. */
export function withOlder<T extends Dated>(known: Known<T>, page: Known<T>): Known<T> {
  return { events: [...known.events, ...page.events], before: page.before }
}
