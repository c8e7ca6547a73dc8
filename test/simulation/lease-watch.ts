import type Database from 'better-sqlite3'
import { LIMITS } from '../../src/limits.ts'

/** Notes are taken by triggers, so that a rollback takes them back, and what one command of a batch did is seen before the next undoes it. */
const TRIGGERS = `PRAGMA temp_store = MEMORY;
  CREATE TEMP TABLE IF NOT EXISTS sim_leases (n INTEGER PRIMARY KEY, what TEXT, circle INTEGER, token INTEGER, leader INTEGER, former INTEGER, how TEXT, notes TEXT);
  CREATE TEMP TRIGGER IF NOT EXISTS lease_changed AFTER INSERT ON leaderships BEGIN
    INSERT INTO sim_leases (what, circle, token, leader, former, how, notes) VALUES ('lease', NEW.circle_id, NEW.token, NEW.leader_id, NEW.former_id, NEW.how, NEW.notes); END;
  CREATE TEMP TRIGGER IF NOT EXISTS lease_noted AFTER UPDATE OF notes ON leaderships BEGIN
    INSERT INTO sim_leases (what, circle, token, leader, former, how, notes) VALUES ('note', NEW.circle_id, NEW.token, NEW.leader_id, NEW.former_id, NEW.how, NEW.notes); END;
  CREATE TEMP TRIGGER IF NOT EXISTS lease_moved AFTER INSERT ON events WHEN NEW.type = 'thread.moved' BEGIN
    INSERT INTO sim_leases (what) VALUES ('moved'); END;`

interface Note {
  readonly what: 'lease' | 'note' | 'moved'
  readonly circle: number
  readonly token: number
  readonly leader: number | null
  readonly former: number | null
  readonly how: string
  readonly notes: string | null
}

interface Lease {
  readonly circle: number
  readonly leader: number
  /** The commit that ended it. */
  endedBy: number
}

interface LeaseWatchOptions {
  readonly fail: (what: string) => void
  /** How long a peer has been away, on monotonic time and since the start; 0 while it is connected. */
  readonly awayMs: (peer: number) => number
}

/** Looks at every commit: what became of the leases of all circles, and whether it was right. */
export class LeaseWatch {
  commits = 0
  leads = 0
  lapses = 0
  moved = 0
  readonly #options: LeaseWatchOptions
  /** Every lease that there ever was, also in lives that a restore has undone. */
  readonly #leases = new Map<number, Lease>()
  /** Who leads each circle now, by token. */
  readonly #current = new Map<number, number>()

  constructor(options: LeaseWatchOptions) {
    this.#options = options
  }

  /** Takes up a database: of the next process, or one that was put back. */
  look(db: Database.Database): void {
    db.exec(TRIGGERS)
    for (const circle of [...this.#current.keys()]) this.#end(circle)
    const rows = db.prepare('SELECT circle_id AS circle, token, leader_id AS leader FROM leaderships').all() as Note[]
    // What died right after its commit was not looked at.
    for (const row of rows) if (row.leader !== null) this.#hold(row.circle, row.token, row.leader)
  }

  undone(db: Database.Database): void {
    db.exec('DELETE FROM sim_leases')
  }

  committed(db: Database.Database): void {
    this.commits += 1
    const notes = db.prepare('SELECT * FROM sim_leases ORDER BY n').all() as Note[]
    if (notes.length === 0) return
    db.exec('DELETE FROM sim_leases')
    for (const note of notes) {
      if (note.what === 'moved') this.moved += 1
      else if (note.what === 'lease') this.#changed(note)
      else this.#requireFenced(note)
    }
    for (const note of notes) if (note.what === 'lease' && note.leader !== null && note.former !== note.leader) this.#requireNothingLeft(db, note)
  }

  /** Whether a token was that of a lease of this peer that no commit up to `before` had ended. */
  wasCurrent(peer: number, token: string, before: number): boolean {
    const lease = this.#leases.get(Number(token))
    return lease !== undefined && lease.leader === peer && lease.endedBy > before
  }

  #changed({ circle, token, leader, former, how }: Note): void {
    const before = this.#current.get(circle)
    const wasLeader = before === undefined ? undefined : this.#leases.get(before)?.leader
    if (how === 'lapsed' && wasLeader !== undefined) this.#requireAway(wasLeader)
    this.#end(circle)
    if (leader === null) return
    this.leads += 1
    if (this.#leases.has(token)) this.#options.fail(`token ${token} was given out before`)
    const others = [...this.#current.values(), before ?? 0]
    if (others.some((other) => other >= token)) this.#options.fail(`token ${token} is not greater than all that are held`)
    if (wasLeader !== undefined && former !== wasLeader) this.#options.fail(`the lease ${token} names ${former} as its predecessor, and it was ${wasLeader}`)
    this.#hold(circle, token, leader)
  }

  #hold(circle: number, token: number, leader: number): void {
    this.#leases.set(token, { circle, leader, endedBy: Number.POSITIVE_INFINITY })
    this.#current.set(circle, token)
  }

  #end(circle: number): void {
    const lease = this.#leases.get(this.#current.get(circle) ?? 0)
    if (lease) lease.endedBy = this.commits
    this.#current.delete(circle)
  }

  #requireAway(leader: number): void {
    this.lapses += 1
    const away = this.#options.awayMs(leader)
    if (away < LIMITS.leaderLeaseMs) this.#options.fail(`the lease of ${leader} lapsed after ${away} ms`)
  }

  /** What is written under the fence says who wrote it, and with which token. */
  #requireFenced({ circle, token, leader, notes }: Note): void {
    if (notes === `${leader} ${token}` && this.#current.get(circle) === token) return
    this.#options.fail(`notes of "${notes}" were kept while ${leader} led with ${token}`)
  }

  /** Who was succeeded is a party of no open ask, and nothing of one waits for it. Nobody asks in the batch of a takeover here. */
  #requireNothingLeft(db: Database.Database, { circle, former }: Note): void {
    if (this.#leases.get(this.#current.get(circle) ?? 0)?.leader === former) return
    const left = db
      .prepare(
        `SELECT id FROM threads WHERE circle_id = @circle AND state = 'open' AND @former IN (opener_id, recipient_id)
         UNION SELECT d.thread_id FROM deliveries d JOIN threads t ON t.id = d.thread_id
           WHERE d.peer_id = @former AND d.state IN ('queued', 'offered') AND t.circle_id = @circle AND t.state = 'open' AND t.kind = 'ask'`,
      )
      .all({ circle, former }) as { id: number }[]
    if (left.length > 0) this.#options.fail(`the asks ${left.map(({ id }) => id).join(', ')} stayed with a leader that was succeeded`)
  }

  /** What the tables say in several places is the same in all. */
  requireWhole(db: Database.Database): void {
    const broken = db
      .prepare(
        `SELECT t.id FROM threads t LEFT JOIN open_asks o ON o.thread_id = t.id AND o.recipient_id = t.recipient_id JOIN deliveries d ON d.id = t.opening_delivery
         WHERE t.kind = 'ask' AND t.state = 'open' AND (o.thread_id IS NULL OR d.peer_id <> t.recipient_id OR t.opener_id = t.recipient_id)
         UNION SELECT o.thread_id FROM open_asks o JOIN threads t ON t.id = o.thread_id WHERE t.state <> 'open'
         UNION SELECT p.id FROM peers p WHERE p.leads <> (p.id IN (SELECT leader_id FROM leaderships WHERE leader_id IS NOT NULL))
         UNION SELECT -f.id FROM fans f WHERE f.waiting <> (SELECT count(*) FROM threads t WHERE t.fan_id = f.id AND t.kind = 'ask' AND t.state = 'open')
         UNION SELECT -f.id FROM fans f JOIN threads t ON t.fan_id = f.id AND t.kind = 'ask' AND t.state = 'open' WHERE t.opener_id <> f.opener_id`,
      )
      .all() as { id: number }[]
    if (broken.length > 0) this.#options.fail(`these do not fit together: ${JSON.stringify(broken)}`)
  }
}
