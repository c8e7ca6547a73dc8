import { mintCredential } from '../../daemon/peers/credentials.ts'
import type { EntryRow, ReviewRow } from '../../daemon/reviews/rows.ts'
import type { Input, Output } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import { MemoryContents } from '../support/memory-contents.ts'
import { CoreClient } from '../support/test-core.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { COMMIT_FAULTS, type CommitFault, Disk } from './disk.ts'
import { Life } from './life.ts'
import { Random } from './random.ts'

const HOUR = 3_600_000
const SHAS = Array.from({ length: 8 }, (_, index) => index.toString(16).repeat(40))

export interface ReviewStory {
  readonly reviews: number
  readonly cleared: number
  readonly owedAgain: number
  readonly asked: number
  readonly refusedOwn: number
  readonly crashes: number
  /** What was broken. */
  readonly failures: readonly string[]
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
export async function simulateReviews(seed: number, steps: number): Promise<ReviewStory> {
  const world = new ReviewWorld(seed)
  try {
    await world.start()
    for (let n = 0; n < steps; n += 1) await world.step()
    return await world.settle()
  } finally {
    world.disk.dispose()
  }
}

class ReviewWorld {
  readonly random: Random
  readonly clock = new VirtualClock()
  readonly disk: Disk
  readonly #failures: string[] = []
  readonly #contents = new MemoryContents()
  readonly #members: Member[] = []
  #life: Life | undefined
  #admin = ''
  #dies: 'before' | 'after' | undefined
  #crashes = 0
  #refusedOwn = 0

  constructor(seed: number) {
    this.random = new Random(seed)
    this.disk = new Disk({ onCommitted: () => undefined, onFailed: () => undefined, diesAt: (point) => this.#diesAt(point) }, false)
  }

  async start(): Promise<void> {
    await this.#live()
    void this.#core().pipeline.execute((tx) => {
      this.#admin = mintCredential(tx, this.random.bytes, null, 'simulation').token
    })
    this.clock.advance(0)
    const enrolment = this.#as(this.#admin, 'enrolments.create', { roles: ['agent', 'orchestrator'] })?.token ?? ''
    const lead = this.#join('lead', enrolment, undefined, 'orchestrator')
    for (const name of ['ann', 'bob', 'cy']) this.#join(name, enrolment, undefined)
    // Two families: the lead with a worker and its helper, and ann with one.
    const worker = this.#join('worker', this.#spawn(lead), lead)
    this.#join('helper', this.#spawn(worker), worker)
    const ann = this.#members[1] as Member
    this.#join('annex', this.#spawn(ann), ann)
  }

  async step(): Promise<void> {
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
      [() => this.#plant(random.pick(COMMIT_FAULTS)), 5],
      [() => this.#plant(undefined, random.pick(['before', 'after'] as const)), 12],
    ])()
    if (!this.#life || this.#life.dead) await this.#live()
    this.#judge()
  }

  async settle(): Promise<ReviewStory> {
    this.#plant(undefined)
    if (!this.#life || this.#life.dead) await this.#live()
    this.clock.advance(HOUR)
    this.#judge()
    const count = (sql: string) => (this.disk.db.prepare(sql).get() as { n: number }).n
    return {
      reviews: count('SELECT count(*) AS n FROM reviews'),
      cleared: count("SELECT count(*) AS n FROM review_entries WHERE type = 'reviewed'"),
      owedAgain: count("SELECT count(*) AS n FROM review_entries WHERE type IN ('owed', 'reopened')"),
      asked: count('SELECT count(*) AS n FROM threads WHERE followed = 1'),
      refusedOwn: this.#refusedOwn,
      crashes: this.#crashes,
      failures: this.#failures,
    }
  }

  #judge(): void {
    const { db } = this.disk
    const open = new Set((db.prepare("SELECT id FROM threads WHERE followed = 1 AND state = 'open'").all() as { id: number }[]).map(({ id }) => id))
    for (const row of db.prepare('SELECT * FROM reviews').all() as ReviewRow[]) {
      this.#judgeHistory(row)
      this.#judgeAsk(row, open)
      if (row.state !== 'reviewed') continue
      if (row.head !== row.reviewed_head) this.#fail(row, `is reviewed at ${row.reviewed_head}, and its head is ${row.head}`)
      this.#judgeReviewer(row)
    }
    if (open.size > 0) this.#failures.push(`threads ${[...open].join()} ask for a review that nobody keeps`)
    for (const { name, number, marks } of this.#members) {
      const { n } = db.prepare("SELECT count(*) AS n FROM review_entries WHERE type = 'reviewed' AND by_id = ?").get(number) as { n: number }
      if (n < marks) this.#failures.push(`${marks} marks of ${name} were confirmed, and ${n} are there`)
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
    this.#failures.push(`${row.subject} ${what}`)
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
    this.#as(this.#admin, 'reviews.observe', { observations: [{ subject: { pr: this.#link() }, state, ...head, at }] })
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
    return this.#as(parent.token, 'enrolments.spawn', {})?.token ?? ''
  }

  #join(name: string, enrolment: string, parent: Member | undefined, role: 'agent' | 'orchestrator' = 'agent'): Member {
    const registered = this.#as(enrolment, 'peers.register', { name, role, mode: 'pull' })
    if (!registered) throw new Error(`${name} did not join`)
    const member = { name, number: this.#core().store.number('peer', registered.peer.id), token: registered.token, parent, marks: 0 }
    this.#members.push(member)
    return member
  }

  #by<N extends Parameters<CoreClient['call']>[0]>(member: Member, name: N, input: Input<N>): Output<N> | undefined {
    return this.#as(member.token, name, input)
  }

  /** A refusal, and a daemon that dies meanwhile, end the call. */
  #as<N extends Parameters<CoreClient['call']>[0]>(token: string, name: N, input: Input<N>): Output<N> | undefined {
    if (!this.#life || this.#life.dead) return undefined
    try {
      const client = new CoreClient(this.#core(), this.clock, token)
      const result = client.call(name, input)
      client.leave()
      return result
    } catch (error) {
      if (error instanceof MusterError) {
        if (error.details['reason'] === 'own_work') this.#refusedOwn += 1
        if (error.code === 'internal') this.#failures.push(`${name} failed: ${JSON.stringify(input)}`)
        return undefined
      }
      if (this.#life.dead) return undefined
      throw error
    }
  }

  /** Lets the next commit fail, or the daemon die at it. */
  #plant(fault: CommitFault | undefined, dies?: 'before' | 'after'): void {
    this.disk.fault = fault
    this.#dies = dies
  }

  async #live(): Promise<void> {
    const life = new Life({
      clock: this.clock,
      disk: this.disk,
      random: this.random,
      contents: this.#contents,
      onFatal: () => life.die(),
      onUnexpected: (error, message) => {
        if (error instanceof Error && !this.disk.injected.has(error)) this.#failures.push(`${message}: ${error.stack ?? error.message}`)
      },
    })
    this.#life = life
    const started = life.core.start().catch(() => undefined)
    this.clock.advance(0)
    await started
  }

  #core() {
    if (!this.#life) throw new Error('Nobody lives')
    return this.#life.core
  }

  #diesAt(point: 'before' | 'after'): boolean {
    if (this.#dies !== point) return false
    this.#dies = undefined
    this.#crashes += 1
    this.#life?.die()
    return true
  }
}

const STATE_AFTER: Readonly<Partial<Record<EntryRow['type'], ReviewRow['state']>>> = {
  owed: 'owed',
  reopened: 'owed',
  reviewed: 'reviewed',
  ended: 'ended',
}
