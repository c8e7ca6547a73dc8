import type { Parsed } from '../../../src/contract/index.ts'
import { MusterError } from '../../../src/errors.ts'
import { parseTime } from '../../../src/time.ts'
import type { Caller } from '../../caller.ts'
import { grantedCircles, resolvePast, visibleCircle } from '../../peers/index.ts'
import type { Reader } from '../../store/store.ts'
import { fact, kindFact } from './document.ts'
import { rangeOf } from './tables.ts'
import { type Phrase, parseQuery } from './words.ts'

/** A search that is ready to run. */
export interface Plan {
  readonly phrases: readonly Phrase[]
  /** For FTS5. Every text in it is quoted. */
  readonly match: string
  /** The numbers among which the matches are; none where `first` is above `last`. */
  readonly first: number
  readonly last: number
  readonly since: number
  readonly until: number
  readonly self: number | null
}

/** @throws MusterError `invalid_input`, or `not_found` for what the caller may not see */
export function planOf(reader: Reader, caller: Caller, input: Parsed<'messages.search'>): Plan {
  const phrases = parseQuery(input.text)
  const since = timeOr(input.since, 0)
  const until = timeOr(input.until, Number.MAX_SAFE_INTEGER)
  if (since >= until) throw new MusterError('invalid_input', { hint: '`until` must lie after `since`.' })
  const everything = { first: 0, last: Number.MAX_SAFE_INTEGER }
  const range = input.since === undefined && input.until === undefined ? everything : rangeOf(reader, since, until)
  return {
    phrases,
    match: [wordsExpression(phrases), ...factsExpressions(reader, caller, input)].join(' AND '),
    ...(range ?? { first: 1, last: 0 }),
    since,
    until,
    self: caller.kind === 'peer' ? caller.peerId : null,
  }
}

function timeOr(time: string | undefined, otherwise: number): number {
  return (time === undefined ? undefined : parseTime(time)) ?? otherwise
}

/** One phrase behind the other: so those in which FTS5 sees no word are left out, where AND would match nothing. */
function wordsExpression(phrases: readonly Phrase[]): string {
  return `body : (${phrases.map(({ words, prefix }) => `"${words.join(' ')}"${prefix ? ' *' : ''}`).join(' ')})`
}

/** What narrows a search down: first of all to what the caller may see, so that no limit is spent on anything else. */
function factsExpressions(reader: Reader, caller: Caller, input: Parsed<'messages.search'>): string[] {
  const expressions: string[][] = []
  if (caller.kind === 'peer') expressions.push(seenBy(reader, caller.peerId))
  if (input.peer !== undefined) expressions.push(concerning(reader, caller, resolvePast(reader, caller, input.peer).id))
  if (input.from !== undefined) expressions.push([anyOf(fact('sender', resolvePast(reader, caller, input.from).id))])
  if (input.circle !== undefined) expressions.push([anyOf(fact('circle', visibleCircle(reader, caller, input.circle)))])
  if (input.thread !== undefined) expressions.push([anyOf(fact('thread', reader.number('thread', input.thread)))])
  if (input.kind !== undefined) expressions.push([anyOf(kindFact(input.kind))])
  return expressions.map((alternatives) => `(${alternatives.join(' OR ')})`)
}

/** What a peer may see, as far as the index knows. */
function seenBy(reader: Reader, peerId: number): string[] {
  return [anyOf(fact('party', peerId), fact('told', peerId), ...grantedCircles(reader, peerId).map((id) => fact('circle', id)))]
}

/** What a peer said or was told. Of several that were told the same, each is shown itself only, unless the caller sees the whole thread. */
function concerning(reader: Reader, caller: Caller, peerId: number): string[] {
  const party = anyOf(fact('party', peerId))
  const told = anyOf(fact('told', peerId))
  if (caller.kind !== 'peer' || caller.peerId === peerId) return [party, told]
  const whole = [fact('party', caller.peerId), ...grantedCircles(reader, caller.peerId).map((id) => fact('circle', id))]
  return [party, `(${told} AND ${anyOf(...whole)})`]
}

export function anyOf(...facts: readonly string[]): string {
  return `facts : (${facts.map((word) => `"${word}"`).join(' OR ')})`
}
