import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Id, Limit, Line, Name, Text, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'
import { Priority, ThreadState } from './threads.ts'

/**
 * `queued`: not taken up yet. `waiting`: taken up, and something that it is after is not answered. `in_progress`: the rest of what is open.
 * Every other word is the state in which the ask ended.
 */
export const TaskStatus = z.enum(['queued', 'waiting', 'in_progress', 'answered', 'declined', 'cancelled', 'expired', 'failed'])

/** An ask as a task of somebody. */
export const BoardTask = z.object({
  thread: Id('thread'),
  /** What the ask says, or the first line of its body. */
  title: z.string(),
  name: z.string().nullable(),
  ref: z.string().nullable(),
  status: TaskStatus,
  priority: Priority,
  /** Who does it. */
  to: PeerRef,
  /** Who handed it out. `null`: the daemon. */
  from: PeerRef.nullable(),
  openedAt: Time,
  /** Since when it is in progress: taken up, and all that it is after answered. */
  startedAt: Time.nullable(),
  endedAt: Time.nullable(),
  deadlineAt: Time.nullable(),
  /** Why it ended so. */
  reason: z.string().nullable(),
  /** What it is after, as long as that is not answered, with its name or title where the caller may read it. */
  blockedBy: z.array(z.object({ thread: Id('thread'), name: z.string().nullable(), state: ThreadState })),
  /** Whether it names anything that it is after. */
  dependent: z.boolean(),
  /** The newest report of its recipient. */
  progress: z.object({ done: z.int().nullable(), of: z.int().nullable(), step: z.string().nullable() }).nullable(),
  /** The beginning of what its recipient said last before the end. */
  said: z.object({ message: Id('message'), text: z.string(), at: Time }).nullable(),
})

/** What waits for a person: a card, or an ask. */
export const BoardNeed = z.object({
  kind: z.enum(['card', 'ask']),
  id: z.union([Id('decision'), Id('thread')]),
  /** Who waits. */
  from: z.array(PeerRef),
  /** Who is asked; `null` for a card, which any person may decide. */
  to: PeerRef.nullable(),
  says: z.string(),
  at: Time,
})

export const getBoard = operation({
  name: 'board.get',
  kind: 'query',
  access: 'reader',
  summary: 'Who works on what in a circle, of the asks that you may read: what needs a person, is in progress, is pending, and has ended.',
  input: z.strictObject({
    /** Your own, where none is named; for an administrator `main`. */
    circle: Name.optional(),
    /** What has ended since then; without it, in the last 24 hours. */
    since: Time.optional(),
    /** Of each list. */
    limit: Limit.max(LIMITS.maxBoardTasks).default(50),
  }),
  output: z.object({
    circle: z.string(),
    /** The moment that it shows, on the clock of the daemon. */
    at: Time,
    /** The one that costs most first. */
    needs: z.array(BoardNeed),
    /** In the order in which they were started. */
    active: z.array(BoardTask),
    /** By priority and age. */
    pending: z.array(BoardTask),
    /** The last to end first. */
    ended: z.array(BoardTask),
    /** How many there are of each. */
    counts: z.object({ needs: z.int(), active: z.int(), pending: z.int(), ended: z.int() }),
    /** `false` where there may be more than could be looked at. */
    complete: z.boolean(),
  }),
  doors: {
    http: 'GET /v1/board',
    cli: 'board',
    mcp: { none: 'A model has its own asks, its mail and the digest; the tokens of one more list are not worth what it adds.' },
  },
})

export const tellNotes = operation({
  name: 'board.notes',
  kind: 'command',
  access: 'peer',
  summary: "Tell whoever leads a circle what the user notes of a dashboard file say now; for the daemon's own service that writes such files.",
  input: z.strictObject({
    circle: Name,
    /** The path of the file. */
    file: Line(4_096).min(1),
    /** The notes, or as much of them as fits. */
    text: Text(LIMITS.maxBoardNotesChars),
    /** How many characters there are in all. */
    chars: z.int().min(0),
    /** The SHA-256 of all of them: notes that were told are not told again until they have changed. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/, 'Expected 64 hexadecimal digits'),
  }),
  output: z.object({
    /** `told` now, `unchanged` since they were, or `waiting` for somebody who leads. */
    outcome: z.enum(['told', 'unchanged', 'waiting']),
    to: PeerRef.nullable(),
  }),
  doors: {
    http: 'POST /v1/board/notes',
    cli: { none: 'The daemon has it done by its service when such a file changes; a person writes to the orchestrator.' },
    mcp: { none: 'Only a service of the daemon may: a session has notify.' },
  },
})
