import { MusterError } from '../../src/errors.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import { findPeer, maySee } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { type AskScope, openAsksAfter, type ThreadRow, viewThread } from '../threads/index.ts'
import { type Found, type Gone, type Judgement, lastsUntil, OUT_OF_SIGHT, type Over, type Sight } from './judgement.ts'
import type { WatchdogRow } from './rows.ts'

/** Which asks have been open for too long, of those that the owner may read. */
export function judgeAsks(reader: Reader, row: WatchdogRow, sight: Sight): Judgement | Gone {
  return row.thread_id === null ? judgeMany(reader, row, sight) : judgeOne(reader, row, row.thread_id, sight)
}

function judgeOne(reader: Reader, row: WatchdogRow, threadId: number, { owner, open, now }: Sight): Judgement | Gone {
  const thread = readable(reader, owner, threadId)
  if (!thread) return { gone: OUT_OF_SIGHT, wellDone: false }
  if (thread.state !== 'open') return { gone: `${reader.id('thread', threadId)} was ${thread.state}`, wellDone: true }
  if (open.length > 0) return { found: [], over: [], next: now + row.for_ms }
  const due = lastsUntil(thread.opened_at, row.for_ms, now)
  if (due > now) return { found: [], over: [], next: due }
  return { found: [{ subject: thread.id, since: thread.opened_at }], over: [], next: now + row.for_ms }
}

/** Threads are numbered in the order in which they were opened, so only the first that is not over its time need be known. */
function judgeMany(reader: Reader, row: WatchdogRow, { owner, open, now }: Sight): Judgement | Gone {
  const gone = goneScope(reader, row, owner)
  if (gone !== undefined) return { gone, wellDone: false }
  const over = open.flatMap((breach): Over[] => {
    const thread = readable(reader, owner, breach.subject)
    if (!thread) return [{ breach, at: now, outcome: OUT_OF_SIGHT }]
    return thread.state === 'open' ? [] : [{ breach, at: thread.closed_at ?? now, outcome: thread.state }]
  })
  const room = LIMITS.maxOpenBreaches - open.length + over.length
  const found: Found[] = []
  const { asks, reached, more } = openAsksAfter(reader, owner.peerId, scopeOf(row), row.cursor)
  for (const ask of asks) {
    const due = lastsUntil(ask.opened_at, row.for_ms, now)
    if (due > now) return { found, over, next: due, cursor: ask.id - 1 }
    if (found.length === room) return { found, over, next: now + row.for_ms, cursor: ask.id - 1, full: true }
    found.push({ subject: ask.id, since: ask.opened_at })
  }
  return { found, over, next: more ? now : now + row.for_ms, cursor: reached }
}

function goneScope(reader: Reader, row: WatchdogRow, owner: PeerCaller): string | undefined {
  const peer = row.peer_id === null ? undefined : findPeer(reader, row.peer_id)
  if (row.peer_id !== null && (!peer || peer.retired_at !== null)) return `${peer?.name ?? 'the peer'} has retired`
  return maySee(reader, owner, peer?.circle_id ?? (row.scope_id as number)) ? undefined : OUT_OF_SIGHT
}

function scopeOf(row: WatchdogRow): AskScope {
  if (row.peer_id === null) return { circle: row.scope_id as number }
  return row.side === 'from' ? { from: row.peer_id } : { to: row.peer_id }
}

function readable(reader: Reader, owner: PeerCaller, threadId: number): ThreadRow | undefined {
  try {
    return viewThread(reader, owner, reader.id('thread', threadId)).thread
  } catch (error) {
    if (error instanceof MusterError) return undefined
    throw error
  }
}
