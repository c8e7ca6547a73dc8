import type { Output } from '../../browser.ts'

export type Delivery = Output<'threads.trace'>['deliveries'][number]

/** How far a delivery has come, as far as that is proven. */
export interface Stage {
  readonly word: string
  /** RFC 3339; when it came so far. */
  readonly at: string
  readonly tick: 'waits' | 'offered' | 'acked' | 'gone' | 'dead'
}

/** States that nothing follows on, with how they are said. */
const ENDS: Readonly<Record<string, Pick<Stage, 'word' | 'tick'>>> = {
  acked: { word: 'acked', tick: 'acked' },
  superseded: { word: 'superseded', tick: 'gone' },
  withdrawn: { word: 'withdrawn', tick: 'gone' },
  expired: { word: 'expired', tick: 'gone' },
  dead: { word: 'dead letter', tick: 'dead' },
}

/** The last stage that is proven. */
export function stageOf({ state, queuedAt, offeredAt, seenAt, endedAt, attempt }: Delivery): Stage {
  const end = ENDS[state]
  if (end) return { ...end, at: endedAt ?? queuedAt }
  if (seenAt !== null) return { word: 'seen', at: seenAt, tick: 'acked' }
  if (state === 'offered') return { word: attempt > 1 ? `offered, attempt ${attempt}` : 'offered', at: offeredAt ?? queuedAt, tick: 'offered' }
  return {
    word: state === 'queued' && attempt > 0 ? `queued again after ${attempt} ${attempt === 1 ? 'attempt' : 'attempts'}` : state,
    at: queuedAt,
    tick: 'waits',
  }
}

const RANK = ['dead', 'waits', 'offered', 'gone', 'acked'] as const

/** One line for all recipients: for one its stage, for several how many have come how far, the worst of them first. */
export function summaryOf(deliveries: readonly Delivery[]): Stage | undefined {
  const stages = deliveries.map(stageOf)
  const worst = [...stages].sort((a, b) => RANK.indexOf(a.tick) - RANK.indexOf(b.tick))[0]
  if (!worst || stages.length === 1) return worst
  const same = stages.filter(({ word }) => word === worst.word).length
  return { ...worst, word: `${worst.word} ${same} of ${stages.length}` }
}

/** The transcript of a session proves a little after the ack that it was seen. */
const PROOF_MS = 60_000

/** Whether nothing more can become of it. A dead letter can be replayed. */
export function isSettled({ state, seenAt, endedAt }: Delivery, now: number): boolean {
  if (state === 'dead' || ENDS[state] === undefined) return false
  return seenAt !== null || state !== 'acked' || endedAt === null || now - Date.parse(endedAt) > PROOF_MS
}
