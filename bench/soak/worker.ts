/** A peer that books amounts: each message once, however often it is delivered and however often this process is killed. */
import type { MessageContext } from '../../client/index.ts'
import { count, type Ledger, openWorkerLedger } from './ledgers.ts'
import { joinSoak } from './peer.ts'
import { seeded } from './seeded.ts'
import { type Assignment, WORK, type Work } from './wire.ts'

const MAX_WORK_MS = 30
/** How often a handler fails before it has done anything, and after it has done everything: the two ends of "at least once". */
const FAILS_BEFORE = 0.02
const FAILS_AFTER = 0.02
/** Each so many-th ask is declined. */
const DECLINED = 16

await joinSoak((assignment) => {
  const ledger = openWorkerLedger(assignment.ledger)
  const book = createBooking(ledger, assignment)
  return {
    prefetch: 32,
    capabilities: [WORK],
    onAsk: async (body, context) => {
      const work = JSON.parse(body) as Work
      await book(work, context)
      if (work.amount % DECLINED === 0) throw new Error('declined by the rules of the soak')
      return `booked ${work.amount}`
    },
    onNotify: (body, context) => book(JSON.parse(body) as Work, context),
    // Reminders, and the ends of asks that this worker had in hand.
    onMessage: () => {},
  }
})

function createBooking(ledger: Ledger, { seed }: Assignment) {
  const random = seeded(seed)
  const insert = ledger.prepare('INSERT OR IGNORE INTO effects VALUES (?, ?, ?)')
  const credit = ledger.prepare('UPDATE account SET balance = balance + ?')
  // The effect and the message id, together or not at all: that is what makes the effect happen once.
  const apply = ledger.transaction((id: string, { n, amount }: Work) => {
    if (insert.run(id, n, amount).changes === 0) count(ledger, 'suppressed')
    else credit.run(amount)
  })
  return async (work: Work, context: MessageContext): Promise<void> => {
    if (context.attempt > 1 || context.redelivered) count(ledger, 'redelivered')
    const isNotify = context.kind === 'notify'
    // Only a notify: a throw would decline an ask.
    if (isNotify && random() < FAILS_BEFORE) throw new Error('failed before its effect')
    await new Promise((resolve) => setTimeout(resolve, random() * MAX_WORK_MS))
    apply(context.id, work)
    if (isNotify && random() < FAILS_AFTER) throw new Error('failed after its effect')
  }
}
