import type { Approval, Card, Output as Result } from '../../../src/contract/index.ts'
import { exactText } from '../../../src/exact-text.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { safeJson, safeLine, safeText } from '../text.ts'
import { relativeTime } from '../when.ts'

type Ranked = Result<'decisions.queue'>['cards'][number]

export function showQueue(out: Output, cards: readonly Ranked[]): void {
  out.table(
    ['CARD', 'QUESTION', 'FROM', 'BLOCKS', 'SINCE', 'DEFAULT'],
    cards.map(({ card, blocked, overdue }) => [
      card.id,
      card.question,
      fromText(card),
      blocked,
      relativeTime(card.raisedAt, out.now),
      defaultText(out, card, overdue),
    ]),
  )
}

export function showCards(out: Output, cards: readonly Card[]): void {
  out.table(
    ['CARD', 'STATE', 'QUESTION', 'FROM', 'CHOSEN', 'RAISED'],
    cards.map((card) => [card.id, card.state, card.question, fromText(card), card.option ?? '', relativeTime(card.raisedAt, out.now)]),
  )
}

export function showCard(out: Output, { card, comments, past }: Result<'decisions.get'>): void {
  out.fields([
    ['card', card.id],
    ['state', closedText(out, card)],
    ['from', fromText(card)],
    ['question', card.question],
    ['context', card.context],
    ...(card.action ? ([['action', `${card.action.kind}: ${exactText(`${card.action.name} ${JSON.stringify(card.action.arguments)}`)}`]] as const) : []),
    ['recommended', `${card.recommendation.option}, because ${card.recommendation.because}`],
    ['risk', card.risk],
    ['default', defaultText(out, card, false)],
    ...(past ? ([['so far', `approved ${past.approved} times, denied ${past.denied}`]] as const) : []),
    ...(card.note === null ? [] : ([['note', card.note]] as const)),
  ])
  out.line()
  for (const { letter, text, pros, cons, safe, does } of card.options) {
    // Ahead of the words of whoever asks, which may say the opposite.
    const effect = does === null ? '' : does === 'approve' ? 'Approve: ' : 'Deny: '
    out.line(safeLine(`${letter}) ${effect}${text}${safe && does !== 'approve' ? ' (safe)' : ''}`))
    out.line(safeLine(`   + ${pros}`))
    out.line(safeLine(`   - ${cons}`))
  }
  for (const { by, at, body } of comments) {
    out.line()
    out.line(safeLine(`${peerName(by)}, ${relativeTime(at, out.now)}:`))
    out.line(safeText(body))
  }
  if (card.state === 'waiting') out.note(`muster decide resolve ${card.id} ${card.recommendation.option} takes what is recommended.`)
}

export function showApprovals(out: Output, approvals: readonly Approval[]): void {
  out.table(
    ['APPROVAL', 'STATE', 'FOR', 'ACTION', 'USED', 'UNTIL', 'PAST'],
    approvals.map((each) => [
      each.id,
      each.state,
      peerName(each.requester),
      `${each.kind}: ${each.name}${each.scope === null ? '' : ` within ${safeJson(each.scope)}`}`,
      `${each.uses} of ${each.maxUses}`,
      relativeTime(each.expiresAt, out.now),
      `${each.past.approved} approved, ${each.past.denied} denied`,
    ]),
  )
}

export function showTiers(out: Output, tiers: Readonly<Result<'tiers.list'>['tiers']>): void {
  out.table(
    ['KIND', 'TIER', 'SET BY'],
    tiers.map(({ kind, tier, setBy }) => [kind, tier, setBy === null ? 'built in' : peerName(setBy)]),
  )
}

function fromText({ requesters }: Card): string {
  return requesters.length === 0 ? 'muster' : requesters.map(peerName).join(', ')
}

function defaultText(out: Output, { default: { option, at } }: Card, overdue: boolean): string {
  const what = option === 'stay_blocked' ? 'stays blocked' : option
  return at === null ? what : `${what}${overdue ? ', overdue since' : ','} ${relativeTime(at, out.now)}`
}

/** `answered: b, by ann on phone 3 min ago`. */
export function closedText(out: Output, { state, option, closed }: Card): string {
  if (closed === null) return state
  const who = closed.by === null ? 'muster' : `${peerName(closed.by)}${closed.device === null ? '' : ` on ${closed.device}`}`
  return `${state}${option === null ? '' : `: ${option}`}, by ${who} ${relativeTime(closed.at, out.now)} (${closed.how})`
}
