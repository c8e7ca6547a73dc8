import type { Output as Result } from '../../src/contract/index.ts'
import type { Output } from './output.ts'
import { peerName } from './show.ts'
import { relativeTime } from './when.ts'

export type DeadLetter = Result<'mailbox.dead'>['dead'][number]
export type Pair = Result<'pairs.list'>['pairs'][number]

export function showDead(out: Output, letters: readonly DeadLetter[]): void {
  out.table(
    ['DEAD LETTER', 'KIND', 'FROM', 'TO', 'DIED', 'REASON'],
    letters.map(({ delivery, message, diedAt, reason }) => [
      delivery.id,
      message.kind,
      peerName(message.from),
      peerName(delivery.to),
      relativeTime(diedAt, out.now),
      reason,
    ]),
  )
}

export function showPairs(out: Output, pairs: readonly Pair[]): void {
  out.table(
    ['PARKED PAIR', 'UNTIL', 'REASON'],
    pairs.map(({ a, b, until, reason }) => [`${peerName(a)} ${peerName(b)}`, relativeTime(until, out.now), reason]),
  )
}
