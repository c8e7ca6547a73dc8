import type { Arrival, Output as Result, Source } from '../../../src/contract/index.ts'
import type { Output } from '../output.ts'
import { peerName } from '../show.ts'
import { relativeTime } from '../when.ts'

export function showSources(out: Output, sources: readonly Source[]): void {
  out.table(
    ['SOURCE', 'FROM', 'CIRCLE', 'TO', 'KIND', 'STATE', 'LAST', 'REFUSED', 'PROBLEM'],
    sources.map((one) => [
      one.name,
      fromText(one),
      one.circle,
      one.to,
      one.kind,
      stateText(one),
      relativeTime(one.lastAt, out.now),
      one.refused,
      one.problem ?? one.rotation?.new.problem ?? one.rotation?.old.problem ?? '',
    ]),
  )
}

export function showSource(out: Output, one: Source): void {
  const { topic, events } = one
  out.fields([
    ['source', `${one.name} (${one.id})`],
    ['address', one.url ?? `${one.path}, behind the address of this daemon: no publicUrl is set`],
    ['from', fromText(one)],
    ['state', one.paused ? pauseText(one.paused, out.now) : stateText(one)],
    ...secretFields(one, out.now),
    ['problem', one.problem ?? 'none'],
    ['to', `${one.to}${one.select === null ? '' : `, ${one.select}`} in ${one.circle}, ${one.priority}`],
    ['kind', one.deadline === null ? one.kind : `${one.kind}, for ${one.deadline}`],
    ['sender', peerName(one.sender)],
    ['events', events === null ? 'all' : events.join(', ')],
    ...(one.where.length === 0 ? [] : ([['where', one.where.map(({ field, is }) => `${field}=${is}`).join(', ')]] as const)),
    ...(topic === null ? [] : ([['topic', topic]] as const)),
    ['at most', `${one.perMinute} a minute`],
    ['made', `by ${one.createdBy === null ? 'the administrator' : peerName(one.createdBy)}, ${relativeTime(one.createdAt, out.now)}`],
    ['text', one.text],
  ])
}

export function showArrivals(out: Output, arrivals: readonly Arrival[]): void {
  out.table(
    ['ARRIVED', 'EVENT', 'OUTCOME', 'TIMES', 'THREAD', 'REASON', 'DELIVERY'],
    arrivals.map((one) => [relativeTime(one.at, out.now), one.event ?? '-', one.outcome, one.times, one.thread ?? '-', one.reason ?? '', one.delivery ?? '']),
  )
}

export function showRefusals(out: Output, { count, recent }: Result<'ingress.arrivals'>['refused']): void {
  if (count === 0) return
  out.note(`${count} turned away since the daemon started, of which the last:`)
  out.table(
    ['REFUSED', 'WHY'],
    recent.map(({ at, says }) => [relativeTime(at, out.now), says]),
  )
}

/** Where a secret stands. */
export function placeOf({ file, variable }: Source['secret']): string {
  return file ?? `variable ${variable}`
}

function stateText({ paused, problem, rotation }: Source): string {
  if (paused) return 'paused'
  if (problem !== null) return 'not ready'
  return rotation ? 'rotating' : 'ready'
}

function pauseText({ at, by, reason }: NonNullable<Source['paused']>, now: number): string {
  return `paused by ${by === null ? 'the administrator' : peerName(by)}, ${relativeTime(at, now)}${reason === null ? '' : `: ${reason}`}`
}

/** One line; of a rotation one for each, with what tells whether the old one is still needed. */
function secretFields({ secret, rotation }: Source, now: number): readonly (readonly [string, string])[] {
  if (!rotation) return [['secret', placeOf(secret)]]
  const { since, old, new: next } = rotation
  const says = (one: typeof old, used: string) => {
    const last = one.lastAt === null ? `has verified no event since then` : `${used}, ${relativeTime(one.lastAt, now)}`
    return `${placeOf(one.secret)}: ${one.problem ?? last}`
  }
  return [
    ['rotating', `since ${relativeTime(since, now)}`],
    ['old secret', says(old, 'was needed for an event last')],
    ['new secret', says(next, 'verified an event last')],
  ]
}

function fromText({ verify }: Source): string {
  return typeof verify === 'string' ? verify : `${verify.by} in ${verify.header}`
}
