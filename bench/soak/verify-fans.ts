import type Database from 'better-sqlite3'
import { decodeId } from '../../src/ids.ts'

/** What the daemon stores of one fan. */
interface StoredFan {
  readonly id: number
  readonly state: string
  readonly asked: number
  readonly answered: number
  readonly declined: number
  readonly cancelled: number
  readonly expired: number
  readonly failed: number
  readonly asks: readonly StoredAsk[]
}

interface StoredAsk {
  readonly thread: number
  readonly message: number
  readonly recipient: number
  readonly state: string
  readonly n: string
}

const ASKS = `SELECT t.id AS thread, t.head AS message, t.recipient_id AS recipient, t.state, json_extract(m.body, '$.n') AS n
  FROM threads t JOIN messages m ON m.id = t.head WHERE t.kind = 'ask' AND t.fan_id = ? ORDER BY t.id`
const STATES = ['answered', 'declined', 'cancelled', 'expired', 'failed'] as const

/** All fans by their numbers. */
export function readFans(daemon: Database.Database): Map<number, StoredFan> {
  const fans = daemon.prepare('SELECT id, state, asked, answered, declined, cancelled, expired, failed FROM fans').all() as Omit<StoredFan, 'asks'>[]
  const asksOf = daemon.prepare(ASKS)
  return new Map(fans.map((fan) => [fan.id, { ...fan, asks: asksOf.all(fan.id) as StoredAsk[] }]))
}

export interface FanCheck {
  /** The sender's name of the fan, which each of its asks holds. */
  readonly n: string
  /** What the daemon answered to its sending. */
  readonly id: string
  /** What the sender was told of it. */
  readonly told: readonly string[]
  /** Whether an ask had an effect at its recipient; asked once for each. */
  readonly hadEffect: (message: number) => boolean
  readonly violation: (text: string) => void
}

/** Holds a fan that was accepted to what is promised. */
export function checkFan(fans: Map<number, StoredFan>, check: FanCheck): void {
  const { n, id, told, violation } = check
  const number = decodeId(id)?.number ?? 0
  const fan = fans.get(number)
  fans.delete(number)
  if (!fan) return violation(`${n}: the fan was accepted and lost`)
  if (fan.state === 'open') violation(`${n}: the fan is still open`)
  if (told.join() !== (fan.asked > 0 ? 'notice' : 'at once')) violation(`${n}: the sender was told of the end of its fan: ${told.join(' and ') || 'nothing'}`)
  checkCounts(fan, check)
  for (const ask of fan.asks) checkAsk(ask, check)
}

function checkCounts(fan: StoredFan, { n, violation }: FanCheck): void {
  const recipients = new Set(fan.asks.map(({ recipient }) => recipient))
  if (fan.asks.length !== fan.asked || recipients.size !== fan.asked) violation(`${n}: the fan says that it asked ${fan.asked}, and asked ${recipients.size}`)
  for (const state of STATES) {
    const count = fan.asks.filter((ask) => ask.state === state).length
    if (count !== fan[state]) violation(`${n}: the fan counts ${fan[state]} ${state}, and there are ${count}`)
  }
}

function checkAsk(ask: StoredAsk, { n, hadEffect, violation }: FanCheck): void {
  const had = hadEffect(ask.message)
  if (ask.n !== n || ask.state === 'open') violation(`${n}: ask ${ask.thread} of the fan is ${ask.state} and of ${ask.n}`)
  if ((ask.state === 'answered' || ask.state === 'declined') && !had) violation(`${n}: ${ask.state} without an effect`)
}
