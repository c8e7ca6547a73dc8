import type { MessageKind } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { CardRow } from '../decisions/index.ts'
import { ownService } from '../peers/index.ts'
import { enqueueErrand, hasErrands } from '../store/errands.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { ChannelDeps } from './deps.ts'
import { type ChannelRow, channelAt, destinationOf, type Errand, isLive, liveChannelsOf, openChannels, type Want } from './rows.ts'

/** The service of which the channels are, as the daemon's table of services calls it. */
export const SERVICE = 'channels'

/** Writes down that a channel is to be told something, and tells the service that there is something. */
export function queue(tx: Tx, row: Pick<ChannelRow, 'id'>, errand: Errand): void {
  enqueueErrand(tx, destinationOf(row.id), errand)
  const service = ownService(tx, SERVICE)
  if (service !== undefined) tx.event({ type: 'channel.waiting', peer: service, audience: 'admin', subject: ['channel', row.id] })
}

/** A card reached a person: now, and not in quiet hours unless it is urgent. */
export function onCardGiven(tx: Tx, card: Pick<CardRow, 'id'>, personId: number): void {
  if (!isReachable(tx, personId)) return
  for (const row of wanting(tx, personId, 'cards')) queue(tx, row, { about: 'card', card: card.id })
}

/** What was shown of a card is taken back. */
export function onCardSettled(tx: Tx, card: Pick<CardRow, 'id'>): void {
  const told = tx.all<{ channel_id: number }>('SELECT DISTINCT channel_id FROM channel_notices WHERE decision_id = ?', card.id)
  for (const { channel_id } of told) if (isLive(tx, channelAt(tx, channel_id))) queue(tx, { id: channel_id }, { about: 'settled', card: card.id })
}

/** A message that goes into mailboxes. */
export interface Mail {
  readonly messageId: number
  readonly kind: MessageKind
  readonly urgent: boolean
  /** Whether an orchestrator sent it. */
  readonly fromLeader: boolean
  readonly recipients: readonly number[]
}

/** Urgent asks and notifies from anybody, and what an orchestrator says; the latter not in quiet hours, unless it is urgent. */
export function onMail(tx: Tx, deps: ChannelDeps, { messageId, kind, urgent, fromLeader, recipients }: Mail): void {
  const opens = kind === 'ask' || kind === 'notify'
  if (!(fromLeader || (urgent && opens))) return
  for (const personId of recipients) {
    if (!isReachable(tx, personId) || (!urgent && deps.decisions.quietUntil(tx, personId) !== undefined)) continue
    for (const row of wanting(tx, personId, 'mail')) {
      if (!hasErrands(tx, destinationOf(row.id), LIMITS.maxWaitingNotices)) queue(tx, row, { about: 'mail', message: messageId })
    }
  }
}

/** Asked for every message, so it is kept until peers or channels change. */
function isReachable(reader: Reader, peerId: number): boolean {
  return reader.cached('channels of people', () => new Set(openChannels(reader).map(({ person_id }) => person_id))).has(peerId)
}

function wanting(reader: Reader, personId: number, want: Want): ChannelRow[] {
  return liveChannelsOf(reader, personId).filter((row) => (JSON.parse(row.wants) as Want[]).includes(want))
}
