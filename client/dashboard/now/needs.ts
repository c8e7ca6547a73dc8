import type { Output } from '../../browser.ts'

export type QueuedCard = Output<'decisions.queue'>['cards'][number]
export type OwedAsk = Output<'threads.owed'>['owed'][number]
export type PersonAction = Output<'actions.list'>['actions'][number]
export type Pairing = Output<'pairings.list'>['pairings'][number]

/** Something that waits for this person. */
export type Need =
  | { readonly kind: 'pairing'; readonly key: string; readonly pairing: Pairing }
  | { readonly kind: 'action'; readonly key: string; readonly action: PersonAction }
  | { readonly kind: 'card'; readonly key: string; readonly queued: QueuedCard }
  | { readonly kind: 'ask'; readonly key: string; readonly owed: OwedAsk }
  | { readonly kind: 'dead'; readonly key: string; readonly count: number; readonly more: boolean }

export interface Waiting {
  readonly cards: readonly QueuedCard[]
  readonly owed: readonly OwedAsk[]
  readonly actions: readonly PersonAction[]
  readonly pairings: readonly Pairing[]
  readonly dead: { readonly count: number; readonly more: boolean }
}

/** An ask whose deadline is as near as this is urgent. */
const NEAR_MS = 3_600_000

/**
 * All that waits, the most pressing first: what somebody at a device waits for now, what is urgent, the daemon's order of cards, asks by
 * their deadline. An ask of a card is that card.
 */
export function rankNeeds({ cards, owed, actions, pairings, dead }: Waiting, now: number): Need[] {
  const ofCards = new Set(cards.map(({ card }) => card.thread))
  const isNow = (expiresAt: string): boolean => Date.parse(expiresAt) > now
  const people: Need[] = [
    ...pairings
      .filter(({ state, first, expiresAt }) => state === 'redeemed' && !first && isNow(expiresAt))
      .map((pairing): Need => ({ kind: 'pairing', key: pairing.id, pairing })),
    ...actions.filter(({ expiresAt }) => isNow(expiresAt)).map((action): Need => ({ kind: 'action', key: action.id, action })),
  ]
  const queued = cards.map((each): Need => ({ kind: 'card', key: each.card.id, queued: each }))
  const asks = owed
    .filter(({ thread }) => !ofCards.has(thread.id))
    .sort((a, b) => deadlineOf(a) - deadlineOf(b))
    .map((each): Need => ({ kind: 'ask', key: each.thread.id, owed: each }))
  const isAsked = cards.some(({ card }) => card.source === 'dead_letters')
  const letters: Need[] = dead.count === 0 || isAsked ? [] : [{ kind: 'dead', key: 'dead', ...dead }]
  const rest = [...queued, ...asks]
  return [...people, ...rest.filter((need) => isPressing(need, now)), ...letters, ...rest.filter((need) => !isPressing(need, now))]
}

function deadlineOf({ thread }: OwedAsk): number {
  return thread.deadlineAt === null ? Number.POSITIVE_INFINITY : Date.parse(thread.deadlineAt)
}

/** Whether it goes before what is not urgent. */
export function isPressing(need: Need, now: number): boolean {
  if (need.kind === 'card') return need.queued.overdue || need.queued.card.priority === 'urgent'
  if (need.kind === 'ask') return need.owed.thread.priority === 'urgent' || deadlineOf(need.owed) - now < NEAR_MS
  return need.kind !== 'dead'
}

/** Where something stands on the page: it still waits, or it was shown and waits no more. */
export interface Place {
  readonly key: string
  readonly need: Need | undefined
}

/**
 * What is shown stays where it is while somebody looks, so that no finger lands on what has just moved there: what is new comes behind, but
 * for what is pressing, and a card that was decided or withdrawn keeps its place and says so.
 */
export function keepPlaces(before: readonly Place[], needs: readonly Need[], now: number): Place[] {
  const known = new Map(needs.map((need) => [need.key, need]))
  const shown = new Set(before.map(({ key }) => key))
  const fresh = needs.filter(({ key }) => !shown.has(key)).map((need) => ({ key: need.key, need }))
  const kept = before.map(({ key }) => ({ key, need: known.get(key) })).filter(({ key, need }) => need !== undefined || key.startsWith('dec_'))
  return [...fresh.filter(({ need }) => isPressing(need, now)), ...kept, ...fresh.filter(({ need }) => !isPressing(need, now))]
}
