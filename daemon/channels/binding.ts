import type { ChannelKind, Parsed } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { asPeer, type Command, type PeerCaller, type Query } from '../caller.ts'
import { reviveErrands } from '../store/errands.ts'
import type { Tx } from '../store/transaction.ts'
import type { ChannelDeps } from './deps.ts'
import { requirePushService } from './push-target.ts'
import { queue } from './queueing.ts'
import {
  type Address,
  type ChannelRow,
  channelAt,
  channelOf,
  destinationOf,
  endChannel,
  findByAddress,
  isLive,
  liveChannelsOf,
  overBecause,
  requireOpen,
  toChannel,
  type Want,
} from './rows.ts'
import { hashSecret, newSecret } from './secrets.ts'

export interface Binding {
  readonly kind: ChannelKind
  readonly personId: number
  readonly credentialId: number
  readonly label: string
  readonly address: string
  readonly target: Address
  readonly wants: readonly Want[]
}

const INSERT = `INSERT INTO channels (id, kind, person_id, credential_id, label, target, address, wants, bound_at, confirmed_at)
  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
/** Of those that ended, the newest are kept to be looked at. */
const FORGET = `DELETE FROM channels WHERE person_id = ? AND ended_at IS NOT NULL AND id <= (SELECT id FROM channels WHERE person_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`

/** Writes a binding down; an earlier one to the same place, whosever it was, ends. @throws MusterError `too_many_requests` */
export function bind(tx: Tx, deps: Pick<ChannelDeps, 'onNeeded'>, { kind, personId, credentialId, label, address, target, wants }: Binding): ChannelRow {
  const before = findByAddress(tx, kind, address)
  if (before) endChannel(tx, before, 'replaced', personId)
  if (liveChannelsOf(tx, personId).length >= LIMITS.maxPersonChannels)
    throw new MusterError('too_many_requests', {
      limit: LIMITS.maxPersonChannels,
      hint: 'So many channels are bound to you already: channels.unbind ends one.',
    })
  // Whoever can read the bot's token can read what is sent to it, a code as well: which account is meant, its person says.
  const isConfirmed = kind !== 'telegram'
  const id = tx.take('channel')
  tx.changesPeers()
  tx.run(
    INSERT,
    id,
    kind,
    personId,
    credentialId,
    label,
    JSON.stringify(target),
    address,
    JSON.stringify([...new Set(wants)]),
    tx.now,
    isConfirmed ? tx.now : null,
  )
  tx.run(FORGET, personId, personId, 4 * LIMITS.maxPersonChannels)
  const type = isConfirmed ? 'channel.bound' : 'channel.claimed'
  tx.event({ type, actor: isConfirmed ? personId : null, peer: personId, audience: 'admin', subject: ['channel', id], changed: { kind, label } })
  tx.after(deps.onNeeded)
  return channelAt(tx, id)
}

export function createBindingHandlers(deps: ChannelDeps) {
  const { settings } = deps
  const subscribe: Command<'push.subscribe'> = {
    run(tx, caller, { endpoint, keys, wants }) {
      const { peerId, credentialId } = asPeer(caller)
      const label = requirePushService(endpoint, settings.pushHosts)
      const own = ownPush(tx, asPeer(caller))
      // A browser that subscribes anew with what it has already changes nothing but its wishes.
      const target: Address = { kind: 'push', endpoint, ...keys }
      if (own && own.target === JSON.stringify(target)) return { channel: toChannel(tx, choose(tx, own, wants)) }
      if (own) endChannel(tx, own, 'replaced', peerId)
      return { channel: toChannel(tx, bind(tx, deps, { kind: 'push', personId: peerId, credentialId, label, address: endpoint, target, wants })) }
    },
  }
  const unsubscribe: Command<'push.unsubscribe'> = {
    run(tx, caller) {
      const own = ownPush(tx, asPeer(caller))
      if (own) endChannel(tx, own, 'unbound', asPeer(caller).peerId)
      return { channel: own ? toChannel(tx, channelAt(tx, own.id)) : null }
    },
  }
  const bindIt: Command<'channels.bind'> = {
    run(tx, caller, input) {
      const { peerId: personId, credentialId } = asPeer(caller)
      if (input.kind === 'telegram') return codeFor(tx, deps, asPeer(caller), input)
      const { label, ...place } = placeOf(settings, input)
      const row = bind(tx, deps, { kind: input.kind, personId, credentialId, label, wants: input.wants, ...place })
      return { channel: toChannel(tx, row), code: null, expiresAt: null }
    },
  }
  const confirm: Command<'channels.confirm'> = {
    run(tx, caller, { channel }) {
      const row = channelOf(tx, caller, channel)
      const isOver = row.ended_at !== null || overBecause(tx, row, tx.now) !== undefined
      if (isOver)
        throw new MusterError('already_closed', { reason: row.reason ?? 'unconfirmed', hint: 'Bind it again.' }, { message: 'The channel has ended.' })
      if (row.confirmed_at === null) confirmIt(tx, deps, row)
      return { channel: toChannel(tx, channelAt(tx, row.id)) }
    },
  }
  const set: Command<'channels.set'> = {
    run(tx, caller, { channel, wants }) {
      const row = channelOf(tx, caller, channel)
      requireOpen(tx, row)
      return { channel: toChannel(tx, choose(tx, row, wants)) }
    },
  }
  const unbind: Command<'channels.unbind'> = {
    run(tx, caller, { channel }) {
      const row = channelOf(tx, caller, channel)
      if (row.ended_at === null) endChannel(tx, row, isLive(tx, row) ? 'unbound' : 'device', caller.kind === 'peer' ? caller.peerId : null)
      return { channel: toChannel(tx, channelAt(tx, row.id)) }
    },
  }
  const test: Command<'channels.test'> = {
    run(tx, caller, { channel }) {
      const row = channelOf(tx, caller, channel)
      requireOpen(tx, row)
      reviveErrands(tx, destinationOf(row.id))
      queue(tx, row, { about: 'test' })
      return { channel: toChannel(tx, row) }
    },
  }
  return { subscribe, unsubscribe, bind: bindIt, confirm, set, unbind, test }
}

/** It speaks for its person from here on; a notice tells it so. */
function confirmIt(tx: Tx, deps: Pick<ChannelDeps, 'onNeeded'>, row: ChannelRow): void {
  tx.changesPeers()
  tx.run('UPDATE channels SET confirmed_at = ? WHERE id = ?', tx.now, row.id)
  const changed = { kind: row.kind, label: row.label }
  tx.event({ type: 'channel.bound', actor: row.person_id, audience: 'admin', subject: ['channel', row.id], changed })
  queue(tx, row, { about: 'test' })
  tx.after(deps.onNeeded)
}

function ownPush(tx: Tx, { peerId, credentialId }: PeerCaller): ChannelRow | undefined {
  return liveChannelsOf(tx, peerId).find((row) => row.kind === 'push' && row.credential_id === credentialId)
}

function choose(tx: Tx, row: ChannelRow, wants: readonly Want[]): ChannelRow {
  tx.run('UPDATE channels SET wants = ? WHERE id = ?', JSON.stringify([...new Set(wants)]), row.id)
  return channelAt(tx, row.id)
}

/** @throws MusterError `invalid_input` where the settings have no such place */
function placeOf(settings: ChannelDeps['settings'], { topic, webhook }: Parsed<'channels.bind'>): Pick<Binding, 'label' | 'address' | 'target'> {
  if (topic !== undefined) {
    if (!settings.ntfy) throw notSet('ntfy')
    return { label: topic, address: topic, target: { kind: 'ntfy', topic } }
  }
  const name = webhook as string
  if (settings.webhooks.includes(name)) return { label: name, address: name, target: { kind: 'webhook', name } }
  const known = settings.webhooks.length === 0 ? 'there is none' : `there are ${settings.webhooks.join(', ')}`
  throw new MusterError('invalid_input', { field: 'webhook', hint: `Expected the name of a webhook of the setting webhooks: ${known}.` })
}

const notSet = (setting: string) =>
  new MusterError('invalid_input', { field: 'kind', hint: `The setting ${setting} is not set: whoever runs the daemon sets it (muster config).` })

/** One code of a person is out at a time. */
function codeFor(tx: Tx, deps: ChannelDeps, { peerId, credentialId }: PeerCaller, { wants }: Parsed<'channels.bind'>) {
  if (!deps.settings.telegram) throw notSet('telegram')
  const code = newSecret(deps.random)
  const expiresAt = tx.now + LIMITS.bindingCodeMs
  tx.run('DELETE FROM channel_codes WHERE person_id = ?', peerId)
  const insert = 'INSERT INTO channel_codes (hash, person_id, credential_id, wants, created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?)'
  tx.run(insert, hashSecret(code), peerId, credentialId, JSON.stringify([...new Set(wants)]), tx.now, expiresAt)
  tx.event({ type: 'channel.offered', actor: peerId, audience: 'admin', changed: { kind: 'telegram' } })
  tx.after(deps.onNeeded)
  return { channel: null, code, expiresAt: formatTime(expiresAt) }
}

export function createListing(deps: ChannelDeps): Query<'channels.list'> {
  const { telegram, ntfy, webhooks } = deps.settings
  return (reader, caller) => {
    if (caller.kind === 'peer' && caller.role !== 'person') throw new MusterError('forbidden', { hint: 'Channels are of people.' })
    const person = caller.kind === 'peer' ? caller.peerId : null
    const rows = reader.all<ChannelRow>('SELECT * FROM channels WHERE (@person IS NULL OR person_id = @person) ORDER BY id DESC LIMIT 1000', { person })
    const own = rows.find((row) => caller.kind === 'peer' && row.kind === 'push' && row.credential_id === caller.credentialId && isLive(reader, row))
    const available = { push: true, telegram, ntfy, webhooks: [...webhooks] }
    return { channels: rows.map((row) => toChannel(reader, row)), available, own: own ? reader.id('channel', own.id) : null }
  }
}
