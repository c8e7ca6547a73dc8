/** What waiting for a card costs, as far as it can be told. */
export interface Waiting {
  /** 1 is urgent. */
  readonly priority: number
  /** How many wait. */
  readonly blocked: number
  readonly ageMs: number
  /** Until its time; negative once that is over, and `null` where it has none. */
  readonly dueInMs: number | null
}

const HOUR_MS = 3_600_000
/** By priority: urgent, normal, low. */
const WEIGHTS = [8, 2, 1] as const

/** The greater, the sooner somebody should look. Each who waits loses the time that has passed; a time that is near makes up for a short wait. */
export function costOf({ priority, blocked, ageMs, dueInMs }: Waiting): number {
  const hours = 1 + Math.max(0, ageMs) / HOUR_MS
  const near = dueInMs === null ? 1 : dueInMs <= 0 ? 8 : 1 + 7 / (1 + dueInMs / HOUR_MS)
  return (WEIGHTS[priority - 1] ?? 1) * (1 + blocked) * hours * near
}
