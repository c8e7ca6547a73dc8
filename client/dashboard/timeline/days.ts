const DAY_MS = 86_400_000
const date = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })

/** "Today", "Yesterday", "Tuesday 24 November": the day of a time in this zone. */
function dayOf(ms: number, now: number): string {
  const day = new Date(ms).toDateString()
  if (day === new Date(now).toDateString()) return 'Today'
  return day === new Date(now - DAY_MS).toDateString() ? 'Yesterday' : date.format(ms)
}

/** What follows each other on one day, together. */
export function byDay<T extends { readonly at: string }>(items: readonly T[], now: number): { readonly day: string; readonly items: readonly T[] }[] {
  const days: { day: string; items: T[] }[] = []
  for (const item of items) {
    const day = dayOf(Date.parse(item.at), now)
    const last = days.at(-1)
    if (last?.day === day) last.items.push(item)
    else days.push({ day, items: [item] })
  }
  return days
}
