import type { Output, Parsed } from '../../src/contract/index.ts'
import type { Command, PeerCaller } from '../caller.ts'
import { circleName, type PeerRow, refOf, resolve } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { admit } from './admission.ts'
import { causeOf } from './causes.ts'
import { endDelivery } from './deliveries.ts'
import type { ThreadDeps } from './deps.ts'
import { attachable } from './files.ts'
import { asSender, openThread, replaySent, toSent } from './open.ts'
import type { Posted } from './post.ts'
import { findDelivery, priorityNumber } from './rows.ts'

/** Sends that need no answer: one message, in one thread, to one or many. */
export function createTelling(deps: ThreadDeps) {
  const notify: Command<'threads.notify'> = {
    run: (tx, caller, input) => tell(tx, deps, asSender(caller), resolve(tx, caller, input.to, input.select), input),
    replay: (tx, _caller, created) => replaySent(tx, deps, created),
  }
  const broadcast: Command<'threads.broadcast'> = {
    run(tx, caller, input) {
      const sender = asSender(caller)
      const to = input.to ?? `circle:${circleName(tx, sender.circleId)}`
      return tell(tx, deps, sender, resolve(tx, caller, to, 'all'), input)
    },
    replay: (tx, _caller, created) => replaySent(tx, deps, created),
  }
  return { notify, broadcast }
}

type Told = Pick<Parsed<'threads.notify'>, 'body' | 'priority' | 'topic' | 'attachments' | 'touched' | 'causedBy'>

/** @throws MusterError what refuses it, where there is but one recipient */
export function tell(tx: Tx, deps: ThreadDeps, sender: PeerCaller, meant: readonly PeerRow[], input: Told): Output<'threads.notify'> {
  const attachments = attachable(tx, sender, input.attachments)
  const cause = causeOf(tx, deps, sender, input.causedBy)
  const { admitted: recipients, refused } = admit(tx, deps, { sender, cause, recipients: meant })
  if (recipients.length === 0) return { sent: [], refused }
  const circleId = recipients.length === 1 ? (recipients[0] as PeerRow).circle_id : sender.circleId
  const from = refOf(tx, sender.peerId)
  const opening = { kind: 'notify', opener: sender.peerId, from, recipients, circleId, body: input.body, attachments, touched: input.touched } as const
  const posted = openThread(tx, deps, { ...opening, priority: priorityNumber(input.priority), cause, deadlineAt: null, escalateTo: null })
  if (input.topic !== undefined) supersede(tx, deps, sender.peerId, recipients, input.topic, posted)
  tx.created = { number: posted.threadId, count: 1 }
  return { sent: recipients.map((peer, index) => toSent(tx, deps, peer, posted, index)), refused }
}

/** The newer notify of a topic takes the place of the one still queued; one already offered stays. */
function supersede(tx: Tx, deps: ThreadDeps, sender: number, recipients: readonly PeerRow[], topic: string, posted: Posted): void {
  recipients.forEach((peer, index) => {
    const earlier = tx.get<{ delivery_id: number }>('SELECT delivery_id FROM topics WHERE sender_id = ? AND peer_id = ? AND topic = ?', sender, peer.id, topic)
    const row = earlier ? findDelivery(tx, earlier.delivery_id) : undefined
    if (row?.state === 'queued' && !deps.dispatcher.flights.get(row.id)) endDelivery(tx, deps, row, 'superseded', `by ${tx.id('message', posted.messageId)}`)
    tx.run('INSERT OR REPLACE INTO topics (sender_id, peer_id, topic, delivery_id) VALUES (?, ?, ?, ?)', sender, peer.id, topic, posted.firstDelivery + index)
  })
}
