import { LIMITS } from '../../../src/limits.ts'
import type { PeerCaller } from '../open-caller.ts'
import { peerName, recipientOf } from '../show.ts'
import { plural, safeLine } from '../text.ts'
import { relativeTime } from '../when.ts'
import type { Need } from './need.ts'

/** What ends within this is urgent. */
const SOON_MS = 3_600_000

/** What a peer owes, waits for and has not read. */
export async function needsOfPeer(caller: PeerCaller, nowMs: number): Promise<Need[]> {
  const found = await Promise.all([owed(caller, nowMs), expiring(caller, nowMs), waiting(caller)])
  return found.flat()
}

async function owed({ call }: PeerCaller, nowMs: number): Promise<Need[]> {
  const { owed } = await call('threads.owed', { limit: LIMITS.maxPage })
  return owed.map(({ thread }) => {
    const at = endOf(thread.deadlineAt)
    const due = thread.deadlineAt === null ? '' : `, due ${relativeTime(thread.deadlineAt, nowMs)}`
    const kind = at - nowMs < SOON_MS ? 'owed_soon' : 'owed'
    return { kind, says: safeLine(`you owe ${peerName(thread.from)} an answer${due}`), command: `answer ${thread.id} "…"`, at }
  })
}

async function expiring({ call }: PeerCaller, nowMs: number): Promise<Need[]> {
  const { threads } = await call('threads.list', { state: 'open', limit: LIMITS.maxPage })
  return threads
    .filter(({ deadlineAt }) => endOf(deadlineAt) - nowMs < SOON_MS)
    .map((thread) => ({
      kind: 'expiring',
      says: safeLine(`your ask to ${recipientOf(thread)} expires ${relativeTime(thread.deadlineAt, nowMs)}`),
      command: `thread ${thread.id}`,
      at: endOf(thread.deadlineAt),
    }))
}

async function waiting({ call }: PeerCaller): Promise<Need[]> {
  const { waiting } = await call('mailbox.peek', { limit: 1 })
  return waiting === 0 ? [] : [{ kind: 'waiting', says: `${plural(waiting, 'message')} in your inbox`, command: 'inbox', at: 0 }]
}

function endOf(deadlineAt: string | null): number {
  return deadlineAt === null ? Number.POSITIVE_INFINITY : Date.parse(deadlineAt)
}
