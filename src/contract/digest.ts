import * as z from 'zod'
import { EventCursor, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'

/**
 * In the order of a digest. `card`: a decision that waits, for people and who looks after them; `owed`: an ask that waits for the caller's answer; `ended`: an ask or fan of its own that has ended since; `breached`:
 * what a watchdog found lasts; `review`: one that the caller owes or looks after; `dead`: a dead letter; `parked`: a pair of peers.
 */
const NeedKind = z.enum(['card', 'owed', 'ended', 'breached', 'review', 'dead', 'parked'])

export const Need = z.object({
  kind: NeedKind,
  /** What acts on it takes this: the card, thread, fan, watchdog, review or dead letter. `null` for a pair, which is in `peers`. */
  id: z.string().nullable(),
  /** Who is concerned, besides the caller. */
  peers: z.array(PeerRef),
  /** One line. */
  says: z.string(),
  /** When it is due (`owed`) or over (`parked`); of the others since when. */
  at: Time.nullable(),
})

/** Besides what the caller did itself. `left`: went offline and has neither come back nor retired. */
const ChangeKind = z.enum(['joined', 'left', 'retired', 'opened', 'closed', 'failed_schedules', 'paused_schedules', 'reviews'])

export const Change = z.object({
  kind: ChangeKind,
  /** How many peers, threads, schedules or reviews. */
  count: z.int(),
  /** The newest few of them, the newest first. */
  newest: z.array(z.object({ id: z.string(), says: z.string(), at: Time })),
})

export const getDigest = operation({
  name: 'digest.get',
  kind: 'scan',
  access: 'reader',
  summary: 'What needs the caller, the most urgent first, and what has changed since it last looked: after a cursor, or after what it has seen.',
  input: z.strictObject({
    /** Defaults to what `digest.seen` was told last; without that, to a day ago. */
    since: EventCursor.optional(),
    /** Of what needs the caller, so much is named. */
    limit: z.int().min(1).max(50).default(10),
  }),
  output: z.object({
    /** For the next one. */
    cursor: EventCursor,
    /** After this. */
    since: EventCursor,
    /** Whether the cursor was older than the log, or of another incarnation: it begins where the log does. */
    expired: z.boolean(),
    /** How many messages wait in the caller's mailbox. */
    waiting: z.int(),
    needsYou: z.array(Need),
    /** How many there are of them in all. */
    needs: z.int(),
    changed: z.array(Change),
    /** Whether all events since were looked at; otherwise the newest `maxScanned` of them. */
    complete: z.boolean(),
  }),
  doors: { http: 'GET /v1/digest', cli: 'digest', mcp: 'digest' },
})

export const seenDigest = operation({
  name: 'digest.seen',
  kind: 'command',
  access: 'reader',
  summary: 'Say that a digest has been read, by its cursor: the next one begins there, also for a caller that keeps nothing.',
  input: z.strictObject({ cursor: EventCursor }),
  output: z.object({ cursor: EventCursor }),
  doors: { http: 'POST /v1/digest/seen', cli: 'digest', mcp: 'digest' },
})
