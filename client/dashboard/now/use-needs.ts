import { computed } from '@preact/signals'
import { now } from '../parts/time.tsx'
import { type Live, useLive } from '../session/live.ts'
import { type Need, rankNeeds } from './needs.ts'

/** All that may wait is asked for at once: nothing of it is behind a second page. */
const ALL = 200
/** More dead letters than this are "many". */
const DEAD = 20

/** Often enough for what runs out, and seldom enough for a phone. */
const TICK_MS = 5_000
const tick = computed(() => Math.floor(now.value / TICK_MS) * TICK_MS)

/** All that waits for this person, ranked. */
export function useNeeds(): Live<readonly Need[]> {
  const queue = useLive('decisions.queue', { limit: ALL }, ['decision', 'thread'])
  const owed = useLive('threads.owed', { limit: ALL }, ['thread', 'mailbox', 'decision'])
  const actions = useLive('actions.list', {}, ['action'])
  const pairings = useLive('pairings.list', {}, ['pairing'])
  const dead = useLive('mailbox.dead', { limit: DEAD }, ['delivery', 'peer.retired'])
  const { data, at, error } = queue
  if (!data) return { data: undefined, at, error }
  const waiting = {
    cards: data.cards,
    owed: owed.data?.owed ?? [],
    actions: actions.data?.actions ?? [],
    pairings: pairings.data?.pairings ?? [],
    dead: { count: dead.data?.dead.length ?? 0, more: dead.data?.after != null },
  }
  return { data: rankNeeds(waiting, tick.value), at, error: error ?? owed.error ?? actions.error ?? pairings.error }
}
