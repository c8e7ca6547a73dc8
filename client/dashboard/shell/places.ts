import { CalendarClock, Clock4, GitPullRequest, HeartPulse, type IconNode, Inbox, MessagesSquare, Radio, Settings, Users } from 'lucide'

export interface Place {
  readonly path: string
  readonly name: string
  readonly icon: IconNode
  /** The second of two keys that go there, the first being `g`. */
  readonly key: string
  /** Whether it stands in the bar of a phone; the others are behind "More". */
  readonly onPhone: boolean
}

/** All places, in the order in which they are listed. */
export const PLACES: readonly Place[] = [
  { path: '/', name: 'Now', icon: Inbox, key: 'n', onPhone: true },
  { path: '/orchestrator', name: 'Orchestrator', icon: Radio, key: 'o', onPhone: true },
  { path: '/threads', name: 'Threads', icon: MessagesSquare, key: 't', onPhone: true },
  { path: '/crew', name: 'Crew', icon: Users, key: 'c', onPhone: true },
  { path: '/schedules', name: 'Schedules', icon: CalendarClock, key: 's', onPhone: false },
  { path: '/reviews', name: 'Reviews', icon: GitPullRequest, key: 'r', onPhone: false },
  { path: '/timeline', name: 'Timeline', icon: Clock4, key: 'l', onPhone: false },
  { path: '/node', name: 'Health', icon: HeartPulse, key: 'h', onPhone: false },
  { path: '/settings', name: 'Settings', icon: Settings, key: ',', onPhone: false },
]

/** What people decide belongs to the first place. */
const DECISIONS = /^\/(?:cards|approvals|tiers)(?:\/|$)/

/** Whether a path is that of a place or below it. */
export function isAt(path: string, place: Place): boolean {
  return place.path === '/' ? path === '/' || DECISIONS.test(path) : path === place.path || path.startsWith(`${place.path}/`)
}
