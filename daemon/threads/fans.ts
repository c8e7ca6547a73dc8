import type { Refused } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import { formatTime } from '../../src/time.ts'
import { asPeer, type Command, type PeerCaller } from '../caller.ts'
import { refOf, resolveMany } from '../peers/index.ts'
import type { Tx } from '../store/transaction.ts'
import { admit } from './admission.ts'
import { causeOf } from './causes.ts'
import { closeThread } from './close.ts'
import type { ThreadDeps } from './deps.ts'
import { refusedOf } from './fan-reading.ts'
import { attachable } from './files.ts'
import { endFan, type FanRow, findFan, openAsksOf, toFan } from './joins.ts'
import { asSender, deadlineOf, openThread, refuseUnanswerable, replaySent, toSent } from './open.ts'
import { priorityNumber } from './rows.ts'

const INSERT_FAN = `INSERT INTO fans (id, state, opener_id, circle_id, first_thread, asked, refused, enough, waiting, opened_at, deadline_at)
  VALUES (?, 'open', ?, ?, ?, ?, ?, ?, ?, ?, ?)`
const INSERT_REFUSAL = 'INSERT INTO fan_refusals (fan_id, position, peer_id, code, message) VALUES (?, ?, ?, ?, ?)'

/** Each recipient's thread holds the body, and all of them are written at once. */
function requireFanSize(recipients: number, body: string): void {
  const bytes = recipients * Buffer.byteLength(body)
  if (bytes <= LIMITS.maxFanBytes) return
  const hint = `${recipients} times the body is ${bytes} bytes, and at most ${LIMITS.maxFanBytes} fit. Put it into a file and send its path, or ask fewer.`
  throw new MusterError('too_large', { limit: LIMITS.maxFanBytes, hint })
}

interface NewFan {
  readonly sender: PeerCaller
  readonly asked: number
  readonly refused: readonly Refused[]
  readonly enough: number | undefined
  readonly deadlineAt: number
}

/** Writes down a fan whose asks are opened next, so that their numbers follow without a gap. */
function insertFan(tx: Tx, { sender, asked, refused, enough, deadlineAt }: NewFan): number {
  const id = tx.take('fan')
  const { peerId: opener, circleId: circle } = sender
  tx.run(INSERT_FAN, id, opener, circle, tx.store.last('thread') + 1, asked, refused.length, enough ?? null, asked, tx.now, deadlineAt)
  for (const [position, { to, code, message }] of refused.entries()) tx.run(INSERT_REFUSAL, id, position, tx.number('peer', to.id), code, message)
  const changed = { asked, refused: refused.length }
  tx.event({ type: 'fan.opened', actor: opener, circle, audience: 'admin', subject: ['fan', id], changed })
  return id
}

/** Asks many the same, and joins what becomes of it. */
export function createFans(deps: ThreadDeps) {
  const open: Command<'fans.open'> = {
    run(tx, caller, input) {
      const sender = asSender(caller)
      const meant = resolveMany(tx, caller, input.to, LIMITS.maxFanAsks)
      if (input.enough !== undefined && input.enough > meant.length) {
        throw new MusterError('invalid_input', {
          field: 'enough',
          meant: meant.length,
          hint: `\`enough\` is at most the number of those who are asked: ${meant.length}.`,
        })
      }
      requireFanSize(meant.length, input.body)
      const deadlineAt = deadlineOf(tx, input)
      const attachments = attachable(tx, sender, input.attachments)
      const cause = causeOf(tx, deps, sender, input.causedBy)
      const { admitted, refused } = admit(tx, deps, { sender, cause, recipients: meant, check: (peer) => refuseUnanswerable(sender, peer) })
      const fan = insertFan(tx, { sender, asked: admitted.length, refused, enough: input.enough, deadlineAt })
      const opening = {
        kind: 'ask',
        opener: sender.peerId,
        from: refOf(tx, sender.peerId),
        body: input.body,
        attachments,
        cause,
        deadlineAt,
        escalateTo: null,
        fan,
      } as const
      const sent = admitted.map((peer) => {
        const posted = openThread(tx, deps, { ...opening, priority: priorityNumber(input.priority), recipients: [peer], circleId: peer.circle_id })
        return { ...toSent(tx, deps, peer, posted, 0), deadlineAt: formatTime(deadlineAt) }
      })
      // Where nobody could be asked, there is nothing to wait for.
      if (sent.length === 0) endFan(tx, findFan(tx, fan) as FanRow, { state: 'complete', reason: null, notice: null, actor: sender.peerId })
      tx.created = { number: fan, count: 1 }
      return { fan: toFan(tx, findFan(tx, fan) as FanRow), sent, refused }
    },
    replay(tx, _caller, created) {
      const fan = findFan(tx, created.number)
      if (!fan) throw new MusterError('not_found', { id: tx.id('fan', created.number), hint: 'It ended so long ago that it was purged.' })
      const { sent } = replaySent(tx, deps, { number: fan.first_thread, count: fan.asked })
      return { fan: toFan(tx, fan), sent, refused: refusedOf(tx, fan) }
    },
  }

  const cancel: Command<'fans.cancel'> = {
    run(tx, caller, input) {
      const { peerId } = asPeer(caller)
      const fan = findFan(tx, tx.number('fan', input.fan))
      if (fan?.opener_id !== peerId) throw new MusterError('not_found', { id: input.fan })
      const changed = fan.state === 'open'
      if (changed) {
        endFan(tx, fan, { state: 'cancelled', reason: input.reason, notice: null, actor: peerId })
        const ending = { state: 'cancelled', kind: 'cancel', by: peerId, body: input.reason, reason: input.reason } as const
        for (const thread of openAsksOf(tx, fan)) closeThread(tx, deps, thread, ending)
      }
      tx.created = { number: fan.id, count: changed ? 1 : 0 }
      return { fan: toFan(tx, findFan(tx, fan.id) as FanRow), changed }
    },
    replay: (tx, _caller, created) => ({ fan: toFan(tx, findFan(tx, created.number) as FanRow), changed: created.count > 0 }),
  }
  return { open, cancel }
}

/** Forgets fans that ended long enough ago, among the next `LIMITS.purgeRows`; their asks are then forgotten as other threads are. */
export function purgeFans(tx: Tx, after: number, keptMs: number): { readonly next: number | undefined; readonly purged: number } {
  const rows = tx.all<FanRow>('SELECT * FROM fans WHERE id > ? ORDER BY id LIMIT ?', after, LIMITS.purgeRows)
  let purged = 0
  for (const { id, ended_at } of rows) {
    if (ended_at === null || ended_at > tx.now - keptMs) continue
    purged += tx.run('DELETE FROM fan_refusals WHERE fan_id = ?', id)
    purged += tx.run('DELETE FROM fans WHERE id = ?', id)
  }
  return { next: rows.length < LIMITS.purgeRows ? undefined : rows.at(-1)?.id, purged }
}
