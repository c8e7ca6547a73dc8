import type Database from 'better-sqlite3'

/**
 * Temporary triggers write down what each transaction changes; a rollback, of a savepoint or of everything, takes the note
 * back with the change. So at COMMIT the journal holds exactly what is about to become true.
 */
const NOTE = 'INSERT INTO sim_journal (what, a, b, c, d, e, f, g, h, i, j, k) VALUES'
const on = (name: string, when: string, values: string) => `CREATE TEMP TRIGGER sim_${name} AFTER ${when} BEGIN ${NOTE} (${values}); END;`
const JOURNAL = [
  'PRAGMA temp_store = MEMORY;',
  'CREATE TEMP TABLE sim_journal (n INTEGER PRIMARY KEY, what TEXT, a, b, c, d, e, f, g, h, i, j, k);',
  on(
    'thread',
    'INSERT ON threads',
    "'thread', NEW.id, NEW.kind, NEW.state, NEW.opener_id, NEW.recipient_id, NEW.deadline_at, NEW.escalate_to, NEW.fan_id, 0, 0, 0",
  ),
  on('fan', 'INSERT ON fans', "'fan', NEW.id, NEW.opener_id, NEW.first_thread, NEW.asked, NEW.refused, NEW.enough, 0, 0, 0, 0, 0"),
  on('fan_ended', 'UPDATE OF state ON fans', "'fanEnded', NEW.id, OLD.state, NEW.state, NEW.notice, 0, 0, 0, 0, 0, 0, 0"),
  on(
    'closed',
    'UPDATE OF state ON threads',
    "'closed', NEW.id, OLD.state, NEW.state, NEW.opener_id, NEW.recipient_id, NEW.deadline_at, NEW.escalate_to, NEW.closed_by, 0, 0, 0",
  ),
  on('unthread', 'DELETE ON threads', "'purged', OLD.id, OLD.state, 0, 0, 0, 0, 0, 0, 0, 0, 0"),
  on(
    'message',
    'INSERT ON messages',
    "'message', NEW.id, NEW.thread_id, NEW.kind, NEW.sender_id, NEW.body, NEW.late, NEW.first_delivery, NEW.delivery_count, 0, 0, 0",
  ),
  on('redacted', 'UPDATE OF body ON messages', "'redacted', NEW.id, NEW.thread_id, NEW.body, 0, 0, 0, 0, 0, 0, 0, 0"),
  on('delivery', 'INSERT ON deliveries', "'delivery', NEW.id, NEW.message_id, NEW.thread_id, NEW.peer_id, NEW.priority, NEW.solicited, 0, 0, 0, 0, 0"),
  on(
    'moved',
    'UPDATE OF state, attempt, failures, backoff_ms, offered_at, reason ON deliveries',
    "'moved', NEW.id, NEW.peer_id, NEW.thread_id, OLD.state, NEW.state, OLD.attempt, NEW.attempt, OLD.failures, NEW.failures, NEW.backoff_ms, NEW.reason",
  ),
  on('held', 'UPDATE OF holder ON deliveries', "'held', NEW.id, OLD.state, OLD.holder, NEW.holder, 0, 0, 0, 0, 0, 0, 0"),
  on('seen', 'UPDATE OF seen_at ON deliveries', "'seen', NEW.id, NEW.peer_id, NEW.message_id, OLD.seen_at, NEW.state, NEW.attempt, 0, 0, 0, 0, 0"),
  on('event', 'INSERT ON events', "'event', NEW.seq, NEW.type, NEW.subject_kind, NEW.subject, NEW.actor_id, NEW.changed, 0, 0, 0, 0, 0"),
  on('retired', 'UPDATE OF retired_at ON peers', "'retired', NEW.id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0"),
  on('revoked', 'UPDATE OF revoked_at ON credentials', "'revoked', NEW.id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0"),
].join('\n')

export type Change =
  | { what: 'thread'; id: number; kind: string; state: string; opener: number | null; recipient: number | null; escalateTo: number | null; fan: number | null }
  | { what: 'fan'; id: number; opener: number; first: number; asked: number; refused: number; enough: number | null }
  | { what: 'fanEnded'; id: number; was: string; state: string; notice: number | null }
  | {
      what: 'closed'
      id: number
      was: string
      state: string
      opener: number | null
      recipient: number | null
      deadlineAt: number
      escalateTo: number | null
      by: number | null
    }
  | { what: 'purged'; id: number; was: string }
  | { what: 'message'; id: number; thread: number; kind: string; sender: number | null; body: string; late: boolean; first: number; count: number }
  | { what: 'redacted'; id: number; thread: number; body: string }
  | { what: 'delivery'; id: number; message: number; thread: number; peer: number; priority: number; solicited: boolean }
  | Moved
  | { what: 'held'; id: number; was: string; before: number | null; holder: number | null }
  | Seen
  | { what: 'event'; seq: number; type: string; subjectKind: string | null; subject: number | null; actor: number | null; changed: string }
  | { what: 'retired'; id: number }
  | { what: 'revoked'; id: number }

export interface Moved {
  what: 'moved'
  id: number
  peer: number
  thread: number
  was: string
  state: string
  wasAttempt: number
  attempt: number
  wasFailures: number
  failures: number
  backoffMs: number
  reason: string | null
}

/** A message was found in the transcript of the session that its delivery was handed to. */
export interface Seen {
  what: 'seen'
  id: number
  peer: number
  message: number
  /** When it had been seen before. */
  before: number | null
  state: string
  attempt: number
}

type Cell = number & string & null

interface Note extends Record<'a' | 'b' | 'c' | 'd' | 'e' | 'f' | 'g' | 'h' | 'i' | 'j' | 'k', Cell> {
  what: Change['what']
}

export class Journal {
  readonly #read: Database.Statement<[]>
  readonly #clear: Database.Statement<[]>

  constructor(db: Database.Database) {
    db.exec(JOURNAL)
    this.#read = db.prepare('SELECT * FROM sim_journal ORDER BY n')
    this.#clear = db.prepare('DELETE FROM sim_journal')
  }

  /** What the open transaction changed; the notes are gone afterwards. */
  take(): Change[] {
    const notes = this.#read.all() as Note[]
    if (notes.length > 0) this.#clear.run()
    return notes.map(toChange)
  }
}

function toChange(note: Note): Change {
  const { what, a, b, c, d, e, f, g, h, i, j, k } = note
  switch (what) {
    case 'thread':
      return { what, id: a, kind: b, state: c, opener: d, recipient: e, escalateTo: g, fan: h }
    case 'fan':
      return { what, id: a, opener: b, first: c, asked: d, refused: e, enough: f }
    case 'fanEnded':
      return { what, id: a, was: b, state: c, notice: d }
    case 'closed':
      return { what, id: a, was: b, state: c, opener: d, recipient: e, deadlineAt: f, escalateTo: g, by: h }
    case 'purged':
      return { what, id: a, was: b }
    case 'message':
      return { what, id: a, thread: b, kind: c, sender: d, body: e, late: (f as number) === 1, first: g, count: h }
    case 'redacted':
      return { what, id: a, thread: b, body: c }
    case 'delivery':
      return { what, id: a, message: b, thread: c, peer: d, priority: e, solicited: (f as number) === 1 }
    case 'moved':
      return { what, id: a, peer: b, thread: c, was: d, state: e, wasAttempt: f, attempt: g, wasFailures: h, failures: i, backoffMs: j, reason: k }
    case 'held':
      return { what, id: a, was: b, before: c, holder: d }
    case 'seen':
      return { what, id: a, peer: b, message: c, before: d, state: e, attempt: f }
    case 'event':
      return { what, seq: a, type: b, subjectKind: c, subject: d, actor: e, changed: f }
    default:
      return { what, id: a }
  }
}
