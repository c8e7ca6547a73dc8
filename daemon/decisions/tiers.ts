import type { Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Command, Query } from '../caller.ts'
import { circleName, refOf, timeOrNull, visibleCircle } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { asPerson } from './people.ts'

type TierRule = Output<'tiers.set'>['tier']
export type Tier = TierRule['tier']

interface TierRow {
  readonly circle_id: number
  readonly kind: string
  readonly tier: Tier
  readonly set_by: number
  readonly set_at: number
}

/** What needs nobody, and what is told. The gates are here for whoever reads the list: every kind that is not in it is one. */
const BUILT_IN: Readonly<Record<string, Tier>> = {
  read: 'autonomous',
  search: 'autonomous',
  milestone: 'notify',
  cost: 'notify',
  deploy: 'gate',
  send: 'gate',
  delete: 'gate',
  configure: 'gate',
}

export function tierOf(reader: Reader, circleId: number, kind: string): Tier {
  const row = reader.get<Pick<TierRow, 'tier'>>('SELECT tier FROM tiers WHERE circle_id = ? AND kind = ?', circleId, kind)
  return row?.tier ?? (Object.hasOwn(BUILT_IN, kind) ? (BUILT_IN[kind] as Tier) : 'gate')
}

function rulesOf(reader: Reader, circleId: number): TierRow[] {
  return reader.all<TierRow>('SELECT * FROM tiers WHERE circle_id = ? ORDER BY kind LIMIT ?', circleId, LIMITS.maxTiers)
}

function toRule(reader: Reader, circleId: number, kind: string, row?: TierRow): TierRule {
  const circle = circleName(reader, circleId) ?? ''
  const tier = row?.tier ?? tierOf(reader, circleId, kind)
  return { circle, kind, tier, setBy: refOf(reader, row?.set_by ?? null), setAt: timeOrNull(row?.set_at ?? null) }
}

export const listTiers: Query<'tiers.list'> = (reader, caller, input) => {
  if (input.circle === undefined && caller.kind !== 'peer') throw new MusterError('invalid_input', { field: 'circle', hint: 'Say of which circle.' })
  const circle = input.circle === undefined && caller.kind === 'peer' ? caller.circleId : visibleCircle(reader, caller, input.circle ?? '')
  const rows = new Map(rulesOf(reader, circle).map((row) => [row.kind, row]))
  const kinds = [...new Set([...Object.keys(BUILT_IN), ...rows.keys()])].sort()
  return { tiers: kinds.map((kind) => toRule(reader, circle, kind, rows.get(kind))) }
}

export const setTier: Command<'tiers.set'> = {
  run(tx, caller, { kind, tier, circle: name }) {
    const by = asPerson(caller)
    const circle = name === undefined ? by.circleId : visibleCircle(tx, by, name)
    const before = rulesOf(tx, circle)
    tx.run('DELETE FROM tiers WHERE circle_id = ? AND kind = ?', circle, kind)
    if (tier !== null) {
      if (before.length >= LIMITS.maxTiers && !before.some((row) => row.kind === kind))
        throw new MusterError('invalid_input', { field: 'kind', limit: LIMITS.maxTiers, hint: 'The circle has as many tiers as it may have.' })
      tx.run('INSERT INTO tiers (circle_id, kind, tier, set_by, set_at) VALUES (?, ?, ?, ?, ?)', circle, kind, tier, by.peerId, tx.now)
    }
    tx.event({ type: 'tier.set', actor: by.peerId, circle, audience: 'granted', changed: { kind, tier } })
    return {
      tier: toRule(
        tx,
        circle,
        kind,
        rulesOf(tx, circle).find((row) => row.kind === kind),
      ),
    }
  },
}
