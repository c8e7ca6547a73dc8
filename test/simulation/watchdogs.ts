import type { BreachRow, WatchdogRow } from '../../daemon/watchdogs/rows.ts'
import type { Input, OperationName, Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { CoreClient } from '../support/test-core.ts'
import { Story, type Told } from './story.ts'

const MINUTE = 60_000
/** Between two things that happen: within it whatever is due has been looked at, also after a crash, a full disk or a leap of the clock. */
const PACE = 3 * MINUTE
const PEERS = ['ann', 'ben', 'cat'] as const

interface Counts {
  readonly breaches: number
  readonly over: number
}

interface Span {
  readonly subject: number
  readonly since: number
  /** When it can be found at the earliest, when it must have been, and when it ends. */
  readonly due: number
  readonly latest: number
  readonly until: number
}

/**
 * Days of words, asks and answers, with a daemon that crashes in the middle of commits, disks that fail, machines that sleep and clocks that leap.
 * In the end each silence and each ask that was over its time must have one breach, each breach its notice, and nothing else any.
 */
export function simulateWatchdogs(seed: number, steps: number): Promise<Counts & Told> {
  return new WatchdogWorld(seed).tell(steps)
}

class WatchdogWorld extends Story<Counts> {
  readonly #tokens = new Map<string, string>()
  /** When peers could be heard, and somebody looked: from a start, or a leap of the clock, to the next end of a life or leap. */
  readonly #hearing: { readonly from: number; readonly noticedBy: number; to: number }[] = []
  #said = 0

  protected found(): void {
    const { core } = this
    const admin = new CoreClient(core, this.clock, this.mintAdmin())
    const enrolment = admin.call('enrolments.create', { roles: ['agent', 'orchestrator'] }).token
    for (const name of ['lead', ...PEERS]) {
      const role = name === 'lead' ? 'orchestrator' : 'agent'
      this.#tokens.set(name, new CoreClient(core, this.clock, enrolment).call('peers.register', { name, role, mode: 'pull' }).token)
    }
    admin.call('grants.add', { peer: 'lead', circle: 'main' })
    this.clock.advance(PACE)
    for (const peer of PEERS) this.#watch({ on: 'silence', peer, for: `${this.random.between(20, 240)}m` })
    for (const side of ['to', 'from'] as const)
      this.#watch({ on: 'ask', peer: this.random.pick(PEERS) as string, side, for: `${this.random.between(20, 240)}m` })
    this.#watch({ on: 'ask', for: `${this.random.between(20, 240)}m` })
  }

  protected async step(): Promise<void> {
    const { random, clock } = this
    await random.weighted<() => void | Promise<void>>([
      [() => this.#speak(), 40],
      [() => clock.advance(random.between(5, 200) * MINUTE), 25],
      [() => this.#leap(), 6],
      [() => this.sleep(random.between(10, 600) * MINUTE), 6],
      ...this.faults(8, 15),
    ])()
    await this.revive()
    // What was planted may strike a look at any time: somebody must be there afterwards.
    clock.advance(MINUTE)
    await this.revive()
    clock.advance(PACE)
  }

  protected settle(): void {
    this.clock.advance(PACE)
  }

  protected judge(): Counts {
    const { db } = this.disk
    let [breaches, over] = [0, 0]
    for (const row of db.prepare('SELECT * FROM watchdogs').all() as WatchdogRow[]) {
      const found = db.prepare('SELECT * FROM breaches WHERE watchdog_id = ? ORDER BY number').all(row.id) as BreachRow[]
      const spans = row.watches === 'silence' ? this.#silences(row) : this.#asks(row)
      for (const span of spans) this.#requireOnce(row, span, found)
      for (const one of found) if (!spans.some((span) => isOf(span, one))) this.#fail(row, `found ${one.subject} since ${one.since}, which there is not`)
      if (found.some(({ number }, index) => number !== index + 1)) this.#fail(row, 'does not count its breaches without a gap')
      const id = this.core.store.id('watchdog', row.id)
      const told = db.prepare('SELECT t.id FROM threads t JOIN messages m ON m.id = t.head WHERE m.body LIKE ? ORDER BY t.id').all(`Watchdog ${id}:%`)
      const notices = [...new Set(found.map(({ notice }) => notice))]
      if (JSON.stringify(told.map((one) => (one as { id: number }).id)) !== JSON.stringify(notices))
        this.#fail(row, `sent ${told.length} notices of ${notices.length}`)
      breaches += found.length
      over += found.filter(({ over_at }) => over_at !== null).length
    }
    return { breaches, over }
  }

  /** What ended long before its time has no breach, and what lasted for longer has one. */
  #requireOnce(row: WatchdogRow, span: Span, found: readonly BreachRow[]): void {
    const mine = found.filter((one) => isOf(span, one))
    if (mine.length > 1) this.#fail(row, `found ${span.subject} since ${span.since} ${mine.length} times`)
    if (mine.length === 0 && Math.min(span.until, this.clock.wallMs()) > span.latest + PACE)
      this.#fail(row, `missed ${span.subject}, due ${span.latest}, until ${span.until}`)
    const [breach] = mine
    if (breach && breach.at < span.due) this.#fail(row, `was early for ${span.subject}: ${breach.at} in place of ${span.due}`)
    const isOver = span.until < Number.POSITIVE_INFINITY
    if (breach && isOver !== (breach.over_at !== null)) this.#fail(row, `has ${span.subject} since ${span.since} ${isOver ? 'last' : 'end'}`)
  }

  /** From each word of the peer to its next. */
  #silences(row: WatchdogRow): Span[] {
    const words = this.disk.db.prepare('SELECT at FROM messages WHERE sender_id = ? ORDER BY id').all(row.peer_id) as { at: number }[]
    const { created_at } = this.disk.db.prepare('SELECT created_at FROM peers WHERE id = ?').get(row.peer_id) as { created_at: number }
    const starts = [created_at, ...words.map(({ at }) => at)]
    return starts.map((since, index) => {
      const looks = this.#looks(Math.max(since, row.created_at) + row.for_ms, Math.min(row.for_ms, LIMITS.watchGraceMs))
      return { subject: row.peer_id as number, since, ...looks, until: starts[index + 1] ?? Number.POSITIVE_INFINITY }
    })
  }

  #asks(row: WatchdogRow): Span[] {
    const column = row.side === 'from' ? 'opener_id' : 'recipient_id'
    const where = row.peer_id === null ? '' : `AND ${column} = ${row.peer_id}`
    const asks = this.disk.db.prepare(`SELECT id, opened_at, closed_at FROM threads WHERE kind = 'ask' ${where}`).all()
    return (asks as { id: number; opened_at: number; closed_at: number | null }[]).map(({ id, opened_at, closed_at }) => {
      return { subject: id, since: opened_at, ...this.#looks(opened_at + row.for_ms, 0), until: closed_at ?? Number.POSITIVE_INFINITY }
    })
  }

  /** When that is found which is due at a time: by a daemon that is there, and has been for its grace. One that dies soon after may have found it. */
  #looks(dueAt: number, grace: number): { readonly due: number; readonly latest: number } {
    const earliest = this.#hearing.map(({ from, to }) => ({ at: Math.max(dueAt, from + grace), to }))
    const latest = this.#hearing.map(({ noticedBy, to }) => ({ at: Math.max(dueAt, noticedBy + grace), to }))
    const never = { at: Number.POSITIVE_INFINITY }
    return { due: (earliest.find(({ at, to }) => at <= to) ?? never).at, latest: (latest.find(({ at, to }) => at + PACE < to) ?? never).at }
  }

  #fail(row: WatchdogRow, what: string): void {
    this.failures.push(`watchdog ${row.id} (${row.watches} ${row.side ?? ''} ${row.for_ms / MINUTE}m): ${what}`)
  }

  #watch(input: Omit<Input<'watchdogs.create'>, 'key'>): void {
    if (!this.#call('lead', 'watchdogs.create', input)) throw new Error('No watchdog was made')
  }

  /** A word, an ask, or the end of one. Somebody reads, so that no mailbox fills. */
  #speak(): void {
    const { random } = this
    const [from = '', to = ''] = random.shuffle(PEERS)
    this.#said += 1
    const open = this.disk.db.prepare("SELECT t.id, p.name FROM threads t JOIN peers p ON p.id = t.recipient_id WHERE t.state = 'open'").all()
    const owed = random.pick(open as { id: number; name: string }[])
    const key = `k${this.#said}`
    random.weighted<() => unknown>([
      [() => this.#call(from, 'threads.notify', { to, body: 'here', causedBy: null, key }), 25],
      [() => this.#call(from, 'threads.ask', { to, body: 'why?', causedBy: null, deadline: `${random.between(1, 12)}h`, key }), 45],
      [() => owed && this.#call(owed.name, 'threads.answer', { thread: this.core.store.id('thread', owed.id), body: 'so', key }), 30],
    ])()
    const read = this.#call('lead', 'mailbox.inbox', { limit: 50 })
    if (read && read.items.length > 0) this.#call('lead', 'mailbox.ack', { deliveries: read.items.map(({ delivery }) => delivery.id) })
  }

  #call<N extends OperationName>(peer: string, name: N, input: Input<N>): Output<N> | undefined {
    return this.call(this.#tokens.get(peer) ?? '', name, input)
  }

  #leap(): void {
    if (!this.alive) return
    this.onDeath()
    this.clock.stepWall(this.random.between(10, 600) * MINUTE)
    const from = this.clock.wallMs()
    // It is noticed with the next look at the clock.
    this.clock.advance(LIMITS.maxTimerMs)
    if (this.alive) this.#hearing.push({ from, noticedBy: this.clock.wallMs(), to: Number.POSITIVE_INFINITY })
  }

  /** Nobody hears from now on. */
  protected override onDeath(): void {
    const last = this.#hearing.at(-1)
    if (last) last.to = Math.min(last.to, this.clock.wallMs())
  }

  protected override onBirth(): void {
    const from = this.clock.wallMs()
    this.#hearing.push({ from, noticedBy: from, to: Number.POSITIVE_INFINITY })
  }
}

function isOf({ subject, since }: Span, breach: BreachRow): boolean {
  return breach.subject === subject && breach.since === since
}
