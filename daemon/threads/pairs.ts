import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller, Command, Query } from '../caller.ts'
import type { Clock } from '../clock.ts'
import { findPeer, maySee, type PeerRow, resolveOne, toRef } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { ThreadDeps } from './deps.ts'

interface ParkedRow {
  readonly a: number
  readonly b: number
  readonly parked_at: number
  readonly parked_until: number
  readonly reason: string
}

type ParkedPair = Output<'pairs.list'>['pairs'][number]

export function listPairs(clock: Clock): Query<'pairs.list'> {
  return (reader, caller) => ({ pairs: parkedPairs(reader, caller, clock.wallMs()) })
}

/** The parked pairs of which the caller may see both. */
export function parkedPairs(reader: Reader, caller: Caller, now: number): ParkedPair[] {
  const rows = reader.all<ParkedRow>('SELECT a, b, parked_at, parked_until, reason FROM pairs WHERE parked_until > ? LIMIT 1000', now)
  return rows.flatMap((row): ParkedPair[] => {
    const [a, b] = [findPeer(reader, row.a), findPeer(reader, row.b)] as [PeerRow, PeerRow]
    if (!maySee(reader, caller, a.circle_id) || !maySee(reader, caller, b.circle_id)) return []
    return [{ a: toRef(reader, a), b: toRef(reader, b), reason: row.reason, parkedAt: formatTime(row.parked_at), until: formatTime(row.parked_until) }]
  })
}

export const createPairHandlers = (deps: Pick<ThreadDeps, 'onTrouble'>): { readonly release: Command<'pairs.release'> } => ({
  release: {
    run(tx, caller, input) {
      const [one, other] = [resolveOne(tx, caller, input.a), resolveOne(tx, caller, input.b)]
      const mayRelease = caller.kind === 'admin' || (caller.kind === 'peer' && (caller.role === 'orchestrator' || caller.role === 'person'))
      const involved = caller.kind === 'peer' && (caller.peerId === one.id || caller.peerId === other.id)
      if (!mayRelease || involved)
        throw new MusterError('forbidden', { hint: 'An orchestrator or person outside the pair may release it, or the administrator.' })
      const [a, b] = one.id < other.id ? [one.id, other.id] : [other.id, one.id]
      return { released: unpark(tx, deps, { a, b, circleId: one.circle_id }, caller.kind === 'peer' ? caller.peerId : null) }
    },
  },
})

/** @returns whether they were parked */
export function unpark(
  tx: Tx,
  deps: Pick<ThreadDeps, 'onTrouble'>,
  { a, b, circleId }: { readonly a: number; readonly b: number; readonly circleId: number },
  actor: number | null,
): boolean {
  const released = tx.run('DELETE FROM pairs WHERE a = ? AND b = ? AND parked_until > ?', a, b, tx.now) > 0
  if (!released) return false
  tx.event({ type: 'pair.released', actor, peer: a, circle: circleId, audience: 'granted', subject: ['peer', b] })
  deps.onTrouble(tx, { source: 'parked_pair', about: a, other: b })
  return true
}

/** When a pair that is parked may go on by itself, and why it was parked. */
export function parkedUntil(reader: Reader, a: number, b: number, now: number): { readonly until: number; readonly reason: string } | undefined {
  return reader.get('SELECT parked_until AS until, reason FROM pairs WHERE a = ? AND b = ? AND parked_until > ?', a, b, now)
}
