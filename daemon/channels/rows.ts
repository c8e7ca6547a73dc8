import type { Channel, ChannelErrand, ChannelKind } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import type { Caller } from '../caller.ts'
import { credentialLabel, findDevice, refOf, timeOrNull } from '../peers/index.ts'
import { countErrands, dropErrands } from '../store/errands.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'

export interface ChannelRow {
  readonly id: number
  readonly kind: ChannelKind
  readonly person_id: number
  readonly credential_id: number
  readonly label: string
  /** Where it leads, as JSON: an {@link Address}. */
  readonly target: string
  readonly address: string
  /** As JSON. */
  readonly wants: string
  readonly bound_at: number
  readonly confirmed_at: number | null
  readonly last_sent_at: number | null
  readonly problem: string | null
  readonly ended_at: number | null
  readonly reason: string | null
}

/** Where a channel leads. Of Telegram with who may speak there, and to which bot. */
export type Address =
  | Exclude<ChannelErrand['target'], { readonly kind: 'telegram' }>
  | { readonly kind: 'telegram'; readonly chat: string; readonly account: string; readonly bot: string }

/** What an outbox row of a channel says is to be told; the words are read when it is sent. */
export type Errand =
  | { readonly about: 'card'; readonly card: number }
  | { readonly about: 'settled'; readonly card: number }
  | { readonly about: 'mail'; readonly message: number }
  | { readonly about: 'test' }

export type Want = Channel['wants'][number]

export const destinationOf = (channelId: number): string => `channel ${channelId}`
export const addressOf = (row: Pick<ChannelRow, 'target'>): Address => JSON.parse(row.target) as Address

export function findChannel(reader: Reader, id: number): ChannelRow | undefined {
  return reader.get<ChannelRow>('SELECT * FROM channels WHERE id = ?', id)
}

export function channelAt(reader: Reader, id: number): ChannelRow {
  const row = findChannel(reader, id)
  if (!row) throw new Error(`There is no channel ${id}`)
  return row
}

/** Why a channel that has not ended is over: whoever lost the device has lost what it bound, and what nobody confirmed in time is nobody's. */
export function overBecause(reader: Reader, row: ChannelRow, now: number): 'device' | 'unconfirmed' | undefined {
  if (findDevice(reader, row.credential_id)?.revoked_at !== null) return 'device'
  return row.confirmed_at === null && row.bound_at + LIMITS.bindingCodeMs <= now ? 'unconfirmed' : undefined
}

/** Whether it reaches its person, and speaks for them. */
export function isLive(reader: Reader, row: ChannelRow): boolean {
  return row.ended_at === null && row.confirmed_at !== null && findDevice(reader, row.credential_id)?.revoked_at === null
}

const OPEN = 'SELECT * FROM channels WHERE ended_at IS NULL ORDER BY id'

/** Those that have not ended, also those whose device has. */
export function openChannels(reader: Reader): ChannelRow[] {
  return reader.all<ChannelRow>(OPEN)
}

export function liveChannelsOf(reader: Reader, personId: number): ChannelRow[] {
  const rows = reader.all<ChannelRow>('SELECT * FROM channels WHERE person_id = ? AND ended_at IS NULL ORDER BY id', personId)
  return rows.filter((row) => isLive(reader, row))
}

export function findByAddress(reader: Reader, kind: ChannelKind, address: string): ChannelRow | undefined {
  return reader.get<ChannelRow>('SELECT * FROM channels WHERE kind = ? AND address = ? AND ended_at IS NULL', kind, address)
}

/** Of a person its own, for the administrator any. @throws MusterError `not_found` */
export function channelOf(reader: Reader, caller: Caller, id: string): ChannelRow {
  const row = findChannel(reader, reader.number('channel', id))
  const isTheirs = caller.kind === 'admin' || (caller.kind === 'peer' && row?.person_id === caller.peerId)
  if (!row || !isTheirs) throw new MusterError('not_found', { id, hint: 'channels.list shows the channels.' })
  return row
}

/** @throws MusterError `already_closed` for one that has ended */
export function requireOpen(reader: Reader, row: ChannelRow): void {
  if (isLive(reader, row)) return
  const reason = row.reason ?? (row.confirmed_at === null ? 'unconfirmed' : 'device')
  if (reason === 'unconfirmed')
    throw new MusterError('already_closed', { reason, hint: 'channels.confirm says that the account is yours.' }, { message: 'The channel is not confirmed.' })
  throw new MusterError('already_closed', { reason, hint: 'Bind it again.' }, { message: 'The channel has ended.' })
}

/** Ends a channel, with what waited for it and what its buttons could do. */
export function endChannel(tx: Tx, row: ChannelRow, reason: string, actor: number | null): void {
  tx.changesPeers()
  tx.run('UPDATE channels SET ended_at = ?, reason = ? WHERE id = ?', tx.now, reason, row.id)
  tx.run('DELETE FROM channel_nonces WHERE channel_id = ?', row.id)
  tx.run('DELETE FROM channel_notices WHERE channel_id = ?', row.id)
  dropErrands(tx, destinationOf(row.id))
  const changed = { kind: row.kind, reason }
  tx.event({ type: 'channel.ended', actor, peer: row.person_id, audience: 'admin', subject: ['channel', row.id], changed })
}

export function toChannel(reader: Reader, row: ChannelRow): Channel {
  const person = refOf(reader, row.person_id)
  if (!person) throw new Error(`Channel ${row.id} is nobody's`)
  const revokedAt = row.ended_at === null ? (findDevice(reader, row.credential_id)?.revoked_at ?? null) : null
  return {
    id: reader.id('channel', row.id),
    kind: row.kind,
    person,
    device: credentialLabel(reader, row.credential_id) ?? '',
    label: row.label,
    wants: JSON.parse(row.wants) as Want[],
    boundAt: formatTime(row.bound_at),
    confirmed: row.confirmed_at !== null,
    lastSentAt: timeOrNull(row.last_sent_at),
    ...countErrands(reader, destinationOf(row.id)),
    problem: row.problem,
    endedAt: timeOrNull(row.ended_at ?? revokedAt),
    reason: row.reason ?? (revokedAt === null ? null : 'device'),
  }
}
