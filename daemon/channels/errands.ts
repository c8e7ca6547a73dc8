import type { ChannelErrand, ChannelNotice } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import type { Command } from '../caller.ts'
import { type CardRow, cardOfThread, findCard } from '../decisions/index.ts'
import { findPeer, maySee } from '../peers/index.ts'
import { type ErrandRow, endErrand, failErrand, findErrand, firstErrand } from '../store/errands.ts'
import type { Tx } from '../store/transaction.ts'
import { findMessage, findThread, isMessageUnread } from '../threads/index.ts'
import type { ChannelDeps } from './deps.ts'
import { cardNotice, type Draft, mailNotice, settledNotice, TEST } from './notices.ts'
import { addressOf, type ChannelRow, destinationOf, type Errand, endChannel, findChannel, isLive, openChannels, overBecause } from './rows.ts'
import { hashSecret, newSecret } from './secrets.ts'
import { requireService } from './service.ts'

/** What has become pointless, that one look at a channel passes over. */
const PASSED_OVER = 64
/** What was said on a channel and is still known again when somebody replies to it. */
const KEPT_NOTICES = 200

export function createTake(deps: ChannelDeps): Command<'channels.take'> {
  return {
    run(tx, caller, { bot, busy }) {
      requireService(tx, caller)
      const underWay = new Set(busy.map((id) => tx.number('channel', id)))
      const served = servedChannels(tx, deps, bot)
      const found = served.filter(({ id }) => !underWay.has(id)).map((row) => next(tx, deps, row))
      const later = found.filter((each) => typeof each === 'number')
      const isAwaited = tx.get('SELECT 1 FROM channel_codes WHERE expires_at > ?', tx.now) !== undefined
      return {
        errands: found.filter((each) => typeof each === 'object'),
        nextAt: later.length === 0 ? null : formatTime(Math.min(...later)),
        listen: bot !== null && (isAwaited || served.some(({ kind }) => kind === 'telegram')),
      }
    },
  }
}

/** The channels that the service can reach; those whose device has gone end here. */
function servedChannels(tx: Tx, deps: ChannelDeps, bot: string | null): ChannelRow[] {
  return openChannels(tx).filter((row) => {
    const reason = overBecause(tx, row, tx.now)
    if (reason !== undefined) endChannel(tx, row, reason, null)
    return isLive(tx, row) && isServed(deps, row, bot)
  })
}

/** An account that was bound at another bot, or another server, is nobody's here: settings are a file, and what stands in it makes no person. */
function isServed({ settings }: ChannelDeps, row: ChannelRow, bot: string | null): boolean {
  const address = addressOf(row)
  if (address.kind === 'telegram') return settings.telegram && address.bot === bot
  if (address.kind === 'ntfy') return settings.ntfy
  return address.kind === 'push' || settings.webhooks.includes(address.name)
}

/** The next errand of a channel, or the time at which there is one; what is pointless by now is dropped. */
function next(tx: Tx, deps: ChannelDeps, row: ChannelRow): ChannelErrand | number | undefined {
  for (let passed = 0; passed < PASSED_OVER; passed++) {
    const errand = firstErrand(tx, destinationOf(row.id))
    if (!errand) return undefined
    // Where the clock was put back, nothing waits for longer than it ever would.
    if (errand.retry_at !== null && errand.retry_at > tx.now && errand.retry_at <= tx.now + LIMITS.noticeRetryMs) return errand.retry_at
    const composed = compose(tx, row, JSON.parse(errand.payload) as Errand)
    if (composed) return toErrand(tx, deps, row, errand, composed)
    endErrand(tx, errand.id)
  }
  return tx.now
}

interface Composed {
  readonly draft: Draft
  readonly handle: string | null
  /** What its message is remembered as being about. */
  readonly about?: { readonly card: CardRow } | { readonly thread: number }
}

/** The words as they are now: what was decided, read or redacted meanwhile is not sent. */
function compose(tx: Tx, row: ChannelRow, errand: Errand): Composed | undefined {
  if (errand.about === 'test') return { draft: TEST, handle: null }
  if (errand.about === 'mail') return composeMail(tx, row, errand.message)
  const card = findCard(tx, errand.card)
  const person = findPeer(tx, row.person_id)
  const isTheirs =
    card &&
    person &&
    maySee(tx, { kind: 'peer', peerId: person.id, circleId: person.circle_id, credentialId: 0, role: person.role, mode: person.mode }, card.circle_id)
  if (errand.about === 'card')
    return card?.state === 'waiting' && isTheirs ? { draft: cardNotice(tx, card, row.kind), handle: null, about: { card } } : undefined
  const told = tx.get<{ handle: string | null }>(
    'SELECT handle FROM channel_notices WHERE channel_id = ? AND decision_id = ? ORDER BY id DESC LIMIT 1',
    row.id,
    errand.card,
  )
  // Telegram changes what it knows by its name; what the others show has a tag.
  const isNamed = row.kind === 'telegram'
  return card && told && !(isNamed && told.handle === null) ? { draft: settledNotice(tx, card), handle: told.handle } : undefined
}

function composeMail(tx: Tx, row: ChannelRow, id: number): Composed | undefined {
  const message = findMessage(tx, id)
  const thread = message && findThread(tx, message.thread_id)
  if (!message || !thread || message.redacted_at !== null || !isMessageUnread(tx, message, row.person_id)) return undefined
  // What a card asks on its thread is shown as the card.
  return cardOfThread(tx, thread.id) ? undefined : { draft: mailNotice(tx, message, thread.priority === 1), handle: null, about: { thread: thread.id } }
}

function toErrand(tx: Tx, deps: ChannelDeps, row: ChannelRow, errand: ErrandRow, { draft, handle, about }: Composed): ChannelErrand {
  const card = about && 'card' in about ? about.card.id : null
  const thread = about && 'thread' in about ? about.thread : null
  if (about && errand.attempts === 0) remember(tx, row.id, card, thread)
  const address = addressOf(row)
  const nonce = (letter: string) => (row.kind === 'telegram' && card !== null ? mint(tx, deps, row.id, card, letter) : null)
  const notice: ChannelNotice = { ...draft, options: draft.options.map((option) => ({ ...option, nonce: nonce(option.letter) })) }
  const target = address.kind === 'telegram' ? { kind: address.kind, chat: address.chat } : address
  return { id: tx.id('outbox', errand.id), channel: tx.id('channel', row.id), at: formatTime(errand.created_at), target, notice, handle }
}

/** Before it is sent: whoever stops in between has perhaps sent it, and what perhaps was sent is taken back. */
function remember(tx: Tx, channelId: number, card: number | null, thread: number | null): void {
  tx.run('INSERT INTO channel_notices (id, channel_id, decision_id, thread_id) VALUES (?, ?, ?, ?)', tx.take('notice'), channelId, card, thread)
  const oldest = 'SELECT id FROM channel_notices WHERE channel_id = ? ORDER BY id DESC LIMIT 1 OFFSET ?'
  tx.run(`DELETE FROM channel_notices WHERE channel_id = ? AND id <= (${oldest})`, channelId, channelId, KEPT_NOTICES)
}

function mint(tx: Tx, { random }: ChannelDeps, channelId: number, card: number, letter: string): string {
  const nonce = newSecret(random)
  tx.run('DELETE FROM channel_nonces WHERE channel_id = ? AND minted_at < ?', channelId, tx.now - LIMITS.nonceMs)
  const insert = 'INSERT INTO channel_nonces (hash, channel_id, decision_id, option, minted_at) VALUES (?, ?, ?, ?, ?)'
  tx.run(insert, hashSecret(nonce), channelId, card, letter, tx.now)
  return nonce
}

export const reportErrand: Command<'channels.report'> = {
  run(tx, caller, { errand: id, outcome, handle, problem, retryAfterSeconds }) {
    requireService(tx, caller)
    const errand = findErrand(tx, tx.number('outbox', id))
    const row = errand && findChannel(tx, Number(errand.destination.replace(/^channel /, '')))
    if (!errand || !row) return { known: false }
    if (outcome === 'gone') endChannel(tx, row, problem ?? 'gone', null)
    else if (outcome === 'sent') sent(tx, row, errand, handle ?? null)
    else
      failed(tx, row, errand, {
        problem: problem ?? outcome,
        isFinal: outcome === 'refused',
        afterMs: retryAfterSeconds === undefined ? undefined : retryAfterSeconds * 1_000,
      })
    return { known: true }
  },
}

function sent(tx: Tx, row: ChannelRow, errand: ErrandRow, handle: string | null): void {
  endErrand(tx, errand.id)
  tx.run('UPDATE channels SET last_sent_at = ?, problem = NULL WHERE id = ?', tx.now, row.id)
  const payload = JSON.parse(errand.payload) as Errand
  if (handle === null || payload.about === 'test' || payload.about === 'settled') return
  const thread = payload.about === 'mail' ? (findMessage(tx, payload.message)?.thread_id ?? null) : null
  const card = payload.about === 'card' ? payload.card : null
  const newest = 'SELECT max(id) FROM channel_notices WHERE channel_id = ? AND decision_id IS ? AND thread_id IS ?'
  tx.run(`UPDATE channel_notices SET handle = ? WHERE id = (${newest})`, handle, row.id, card, thread)
}

interface Failure {
  readonly problem: string
  readonly isFinal: boolean
  /** As the other side wants it: then it is no failure of this notice. */
  readonly afterMs: number | undefined
}

function failed(tx: Tx, row: ChannelRow, errand: ErrandRow, { problem, isFinal, afterMs }: Failure): void {
  const isDead = isFinal || (afterMs === undefined && errand.attempts + 1 >= LIMITS.maxNoticeTries)
  const backoffMs = Math.min(LIMITS.noticeBackoffFirstMs * 2 ** errand.attempts, LIMITS.noticeBackoffLastMs)
  failErrand(tx, errand.id, { retryAt: isDead ? null : tx.now + (afterMs ?? backoffMs), counts: afterMs === undefined })
  tx.run('UPDATE channels SET problem = ? WHERE id = ?', problem, row.id)
  if (isDead) tx.event({ type: 'channel.dead', peer: row.person_id, audience: 'admin', subject: ['channel', row.id], changed: { problem } })
}
