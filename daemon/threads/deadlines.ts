import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { refOf } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import { closeThread } from './close.ts'
import type { ThreadDeps } from './deps.ts'
import { tellPeer } from './notices.ts'
import { NO_CAUSE, postMore } from './post.ts'
import { type DeliveryRow, findDelivery, findMessage, findThread, type MessageRow, type ThreadRow } from './rows.ts'

/** Wall time at which the next open ask is due for its reminder or its end. */
export function nextDeadline(reader: Reader): number | undefined {
  return reader.get<{ due_at: number }>('SELECT due_at FROM open_asks ORDER BY due_at LIMIT 1')?.due_at
}

/** Reminds and expires what is due, at most one batch of it. */
export function runDeadlines(tx: Tx, deps: ThreadDeps): void {
  const due = tx.all<{ thread_id: number }>('SELECT thread_id FROM open_asks WHERE due_at <= ? ORDER BY due_at LIMIT ?', tx.now, LIMITS.batchOperations)
  for (const { thread_id } of due) {
    const thread = findThread(tx, thread_id) as ThreadRow
    if ((thread.deadline_at as number) <= tx.now) expire(tx, deps, thread)
    else remind(tx, deps, thread)
  }
}

function expire(tx: Tx, deps: ThreadDeps, thread: ThreadRow): void {
  const reason = `no answer by ${formatTime(thread.deadline_at as number)}`
  closeThread(tx, deps, thread, { state: 'expired', kind: 'expire', by: null, body: reason, reason })
  if (thread.escalate_to === null) return
  const [asker, asked] = [refOf(tx, thread.opener_id)?.name, refOf(tx, thread.recipient_id)?.name]
  const head = findMessage(tx, thread.head) as MessageRow
  tellPeer(tx, deps, thread.escalate_to, `An ask of ${asker} to ${asked} expired (${tx.id('thread', thread.id)}): ${reason}.\n\n${head.body}`)
}

/** Only a recipient that has the ask in hand is reminded of it; one that never saw it will see the ask itself. */
function remind(tx: Tx, deps: ThreadDeps, thread: ThreadRow): void {
  tx.run('UPDATE open_asks SET due_at = ? WHERE recipient_id = ? AND thread_id = ?', thread.deadline_at, thread.recipient_id, thread.id)
  const opening = findDelivery(tx, thread.opening_delivery) as DeliveryRow
  if (opening.state !== 'acked' && opening.state !== 'offered') return
  const body = `This ask still waits for your answer. Its deadline is ${formatTime(thread.deadline_at as number)}.`
  const draft = { kind: 'remind', sender: null, from: null, body, recipients: [thread.recipient_id as number], solicited: true, cause: NO_CAUSE } as const
  const posted = postMore(tx, deps, thread, { ...draft, control: true })
  const changed = { message: tx.id('message', posted.messageId) }
  tx.event({
    type: 'thread.reminded',
    peer: thread.recipient_id,
    circle: thread.circle_id,
    audience: 'granted',
    subject: ['thread', thread.id],
    changed,
  })
}
