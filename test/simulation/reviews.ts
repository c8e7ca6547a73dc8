import type { EntryRow, ReviewRow } from '../../daemon/reviews/rows.ts'
import type { Input, OperationName, Output } from '../../src/contract/index.ts'
import type { MusterError } from '../../src/errors.ts'
import { Story, type Told } from './story.ts'

const HOUR = 3_600_000
const SHAS = Array.from({ length: 8 }, (_, index) => index.toString(16).repeat(40))

interface Counts {
  readonly reviews: number
  readonly cleared: number
  readonly owedAgain: number
  readonly asked: number
  readonly refusedOwn: number
}

interface Member {
  readonly name: string
  readonly number: number
  readonly token: string
  readonly parent: Member | undefined
  /** Marks that the daemon confirmed. */
  marks: number
}

/**
 * A crew that makes pull requests and reviews them: authors who try to clear their own work, families of peers that spawned one another, pushes,
 * merges, asks that are answered, declined and left to expire, while the daemon dies in the middle of commits and disks fail. After every step
 * each review must be what its history says, cleared by somebody who had no part in it, at its present head.
 */
export function simulateReviews(seed: number, steps: number): Promise<Counts & Told> {
  return new ReviewWorld(seed).tell(steps)
}

class ReviewWorld extends Story<Counts> {
  readonly #members: Member[] = []
  #admin = ''
  #refusedOwn = 0

  protected found(): void {
    this.#admin = this.mintAdmin()
    const enrolment = this.call(this.#admin, 'enrolments.create', { roles: ['agent', 'orchestrator'] })?.token ?? ''
    const lead = this.#join('lead', enrolment, undefined, 'orchestrator')
    for (const name of ['ann', 'bob', 'cy']) this.#join(name, enrolment, undefined)
    // Two families: the lead with a worker and its helper, and ann with one.
    const worker = this.#join('worker', this.#spawn(lead), lead)
    this.#join('helper', this.#spawn(worker), worker)
    const ann = this.#members[1] as Member
    this.#join('annex', this.#spawn(ann), ann)
  }

  protected async step(): Promise<void> {
    const { random, clock } = this
    await random.weighted<() => void | Promise<void>>([
      [() => this.#request(), 14],
      [() => this.#touch(), 14],
      [() => this.#mention(), 8],
      [() => this.#mark(), 24],
      [() => this.#assign(), 14],
      [() => this.#observe(), 16],
      [() => this.#readMail(), 26],
      [() => clock.advance(random.between(1, 20) * HOUR), 10],
      ...this.faults(5, 12),
    ])()
    await this.revive()
    this.#judgeAll()
  }

  protected settle(): void {
    this.clock.advance(HOUR)
  }

  protected judge(): Counts {
    this.#judgeAll()
    const count = (sql: string) => (this.disk.db.prepare(sql).get() as { n: number }).n
    return {
      reviews: count('SELECT count(*) AS n FROM reviews'),
      cleared: count("SELECT count(*) AS n FROM review_entries WHERE type = 'reviewed'"),
      owedAgain: count("SELECT count(*) AS n FROM review_entries WHERE type IN ('owed', 'reopened')"),
      asked: count('SELECT count(*) AS n FROM threads WHERE followed = 1'),
      refusedOwn: this.#refusedOwn,
    }
  }

  #judgeAll(): void {
    const { db } = this.disk
    const open = new Set((db.prepare("SELECT id FROM threads WHERE followed = 1 AND state = 'open'").all() as { id: number }[]).map(({ id }) => id))
    for (const row of db.prepare('SELECT * FROM reviews').all() as ReviewRow[]) {
      this.#judgeHistory(row)
      this.#judgeAsk(row, open)
      if (row.state !== 'reviewed') continue
      if (row.head !== row.reviewed_head) this.#fail(row, `is reviewed at ${row.reviewed_head}, and its head is ${row.head}`)
      this.#judgeReviewer(row)
    }
    if (open.size > 0) this.failures.push(`threads ${[...open].join()} ask for a review that nobody keeps`)
    for (const { name, number, marks } of this.#members) {
      const { n } = db.prepare("SELECT count(*) AS n FROM review_entries WHERE type = 'reviewed' AND by_id = ?").get(number) as { n: number }
      if (n < marks) this.failures.push(`${marks} marks of ${name} were confirmed, and ${n} are there`)
    }
  }

  /** The entries are numbered without a gap, and tell the state. */
  #judgeHistory(row: ReviewRow): void {
    const entries = this.disk.db.prepare('SELECT * FROM review_entries WHERE review_id = ? ORDER BY entry').all(row.id) as EntryRow[]
    if (entries.some(({ entry }, index) => entry !== index + 1) || entries.length !== row.entries) this.#fail(row, 'has a gap in its history')
    const told = entries.reduce((state, { type }) => STATE_AFTER[type] ?? state, 'owed')
    if (told !== row.state) this.#fail(row, `is ${row.state}, and its history says ${told}`)
    const head = entries.findLast(({ type }) => type === 'head')?.head ?? null
    if (head !== row.head) this.#fail(row, `has the head ${row.head}, and its history ends with ${head}`)
  }

  /** An open ask is of a review that is owed, and asks whom it was given to. */
  #judgeAsk(row: ReviewRow, open: Set<number>): void {
    const thread = row.thread_id !== null && open.delete(row.thread_id)
    if (thread && (row.state !== 'owed' || row.assignee_id === null)) this.#fail(row, 'is asked for, and owed by nobody')
    if (row.state === 'owed' && row.assignee_id !== null && !thread) this.#fail(row, 'was given to somebody who is not asked')
    if (row.assignee_id !== null && row.state === 'owed' && this.#hasPart(row, row.assignee_id)) this.#fail(row, 'was given to somebody who had a part in it')
    const schedule = this.disk.db.prepare("SELECT 1 FROM schedules WHERE id = ? AND state = 'active'").get(row.nudge_schedule)
    if ((row.nudge_ms !== null && row.state === 'owed') !== (schedule !== undefined)) this.#fail(row, `is ${row.state}, with a nudge that does not fit`)
  }

  #judgeReviewer(row: ReviewRow): void {
    if (row.reviewer_id === null || this.#hasPart(row, row.reviewer_id)) this.#fail(row, `was cleared by ${row.reviewer_id}, who had a part in it`)
  }

  /** By the families as the world knows them, in no other way. */
  #hasPart(row: ReviewRow, peer: number): boolean {
    const parts = this.disk.db.prepare('SELECT peer_id, part FROM review_peers WHERE review_id = ?').all(row.id) as { peer_id: number; part: string }[]
    const authors = parts.filter(({ part }) => part === 'author')
    const above = (member: Member | undefined): number[] => (member ? [member.number, ...above(member.parent)] : [])
    const lineOf = (number: number) => above(this.#members.find((member) => member.number === number))
    return (authors.length > 0 ? authors : parts).some(({ peer_id }) => lineOf(peer_id).includes(peer) || lineOf(peer).includes(peer_id))
  }

  #fail(row: ReviewRow, what: string): void {
    this.failures.push(`${row.subject} ${what}`)
  }

  #any(): Member {
    return this.random.pick(this.#members) as Member
  }

  #link(): string {
    return `https://forge.example/crew/ship/pull/${this.random.between(1, 4)}`
  }

  #request(): void {
    const { random } = this
    const member = this.#any()
    const authors = member.name === 'lead' && random.chance(0.5) ? { authors: [this.#any().name] } : {}
    const to = random.chance(0.3) ? { to: this.#any().name } : {}
    const nudge = random.chance(0.3) ? { nudge: '6h' } : {}
    this.#by(member, 'reviews.request', { subject: { pr: this.#link() }, ...this.#sha(), ...authors, ...to, ...nudge })
  }

  #touch(): void {
    const touched = [{ pr: this.#link(), ...this.#sha() }]
    this.#by(this.#any(), 'threads.notify', { to: this.#any().name, body: 'Done.', touched, causedBy: null })
  }

  #mention(): void {
    const body = `Look at ${this.#link()}`
    this.#by(this.#any(), this.random.chance(0.5) ? 'threads.ask' : 'threads.notify', { to: this.#any().name, body, causedBy: null })
  }

  #mark(): void {
    const member = this.#any()
    const marked = this.#by(member, 'reviews.mark', { review: this.#link(), ...this.#sha(), verdict: 'approve' })
    if (marked) member.marks += 1
  }

  #assign(): void {
    const { reviews } = this.#by(this.#members[0] as Member, 'reviews.list', { limit: 20 }) ?? { reviews: [] }
    const review = this.random.pick(reviews)
    if (!review) return
    const deadline = this.random.chance(0.5) ? { deadline: '5h' } : {}
    this.#by(this.#members[0] as Member, 'reviews.assign', { review: review.id, to: this.#any().name, ...deadline })
  }

  #observe(): void {
    const { random } = this
    const state = random.weighted([
      ['open', 7],
      ['merged', 1],
      ['closed', 2],
    ] as const)
    const at = new Date(this.clock.wallMs() - random.between(0, 2) * HOUR).toISOString()
    const head = random.chance(0.7) ? { head: random.pick(SHAS) as string } : {}
    this.call(this.#admin, 'reviews.observe', { observations: [{ subject: { pr: this.#link() }, state, ...head, at }] })
  }

  #sha(): { sha?: string } {
    return this.random.chance(0.6) ? { sha: this.random.pick(SHAS) as string } : {}
  }

  /** Somebody takes what has come, and answers or declines some of it. */
  #readMail(): void {
    const member = this.#any()
    const inbox = this.#by(member, 'mailbox.inbox', { limit: 50 })
    if (!inbox || inbox.items.length === 0) return
    this.#by(member, 'mailbox.ack', { deliveries: inbox.items.map(({ delivery }) => delivery.id) })
    for (const { thread } of inbox.items) {
      if (thread.kind !== 'ask' || thread.state !== 'open' || this.random.chance(0.3)) continue
      if (this.random.chance(0.8)) this.#by(member, 'threads.answer', { thread: thread.id, body: `approve ${this.random.chance(0.3) ? this.#link() : ''}` })
      else this.#by(member, 'threads.decline', { thread: thread.id, reason: 'no time' })
    }
  }

  #spawn(parent: Member): string {
    return this.call(parent.token, 'enrolments.spawn', {})?.token ?? ''
  }

  #join(name: string, enrolment: string, parent: Member | undefined, role: 'agent' | 'orchestrator' = 'agent'): Member {
    const registered = this.call(enrolment, 'peers.register', { name, role, mode: 'pull' })
    if (!registered) throw new Error(`${name} did not join`)
    const member = { name, number: this.core.store.number('peer', registered.peer.id), token: registered.token, parent, marks: 0 }
    this.#members.push(member)
    return member
  }

  #by<N extends OperationName>(member: Member, name: N, input: Input<N>): Output<N> | undefined {
    return this.call(member.token, name, input)
  }

  protected override onRefused({ details }: MusterError): void {
    if (details['reason'] === 'own_work') this.#refusedOwn += 1
  }
}

const STATE_AFTER: Readonly<Partial<Record<EntryRow['type'], ReviewRow['state']>>> = {
  owed: 'owed',
  reopened: 'owed',
  reviewed: 'reviewed',
  ended: 'ended',
}
