import { signal } from '@preact/signals'

export interface Announcement {
  readonly id: number
  readonly text: string
  readonly tone: 'good' | 'bad'
}

/** What was just done or refused, the newest last; each goes after a while. */
export const announcements = signal<readonly Announcement[]>([])

const SHOWN_MS = 6_000
let last = 0

/** Says something to eyes and to screen readers. */
export function announce(text: string, tone: Announcement['tone'] = 'good'): void {
  const id = ++last
  announcements.value = [...announcements.value.slice(-2), { id, text, tone }]
  setTimeout(() => dismiss(id), SHOWN_MS)
}

export function dismiss(id: number): void {
  announcements.value = announcements.value.filter((each) => each.id !== id)
}
