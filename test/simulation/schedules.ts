import { type OccurrenceRow, ruleOf, type ScheduleRow } from '../../daemon/schedules/rows.ts'
import { nextAfter } from '../../daemon/schedules/rule.ts'
import type { Input, OperationName, Output } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import { CoreClient } from '../support/test-core.ts'
import { VirtualClock } from '../support/virtual-clock.ts'
import { judgeGates, judgeMissed, judgeWallTime } from './schedule-judge.ts'
import { Story, type Told } from './story.ts'

const HOUR = 3_600_000
const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Santiago']
const PATTERNS = ['30 2 * * *', '0 * * * *', '15 1,2,3 * * *', '0 9 * * 1-5', '@weekly', '45 */6 * * *']

interface Counts {
  /** Wall time that passed between the first and the last moment. */
  readonly days: number
  readonly occurrences: number
  readonly fired: number
  readonly missed: number
}

/**
 * Schedules in several zones, each seed a good half a year of them, with a daemon that crashes in the middle of commits, disks that fail, machines that sleep and clocks
 * that are put forward and back. In the end each due time must be accounted for once, and each that fired have its message once.
 */
export async function simulateSchedules(seed: number, steps: number): Promise<Counts & Told> {
  const before = { ...LIMITS }
  // What happened months ago is judged, too.
  Object.assign(LIMITS, { occurrenceMs: Number.MAX_SAFE_INTEGER, closedThreadMs: Number.MAX_SAFE_INTEGER, eventMs: Number.MAX_SAFE_INTEGER })
  try {
    return await new ScheduleWorld(seed).tell(steps)
  } finally {
    Object.assign(LIMITS, before)
  }
}

class ScheduleWorld extends Story<Counts> {
  #token = ''
  #made = 0
  readonly #from: number

  constructor(seed: number) {
    // A month before clocks change in half of the zones.
    super(seed, new VirtualClock(Date.UTC(2024 + (seed % 12), seed % 2 === 0 ? 2 : 9, 1)))
    this.#from = this.clock.wallMs()
  }

  protected found(): void {
    const { core } = this
    const admin = new CoreClient(core, this.clock, this.mintAdmin())
    const enrolment = admin.call('enrolments.create', { roles: ['agent'] }).token
    this.#token = new CoreClient(core, this.clock, enrolment).call('peers.register', { name: 'owner', mode: 'pull' }).token
  }

  protected async step(): Promise<void> {
    const { random, clock } = this
    await random.weighted<() => void | Promise<void>>([
      [() => this.#create(), 25],
      [() => clock.advance(random.between(1, 48) * HOUR), 40],
      [() => clock.stepWall(-random.between(1, 26 * 60) * 60_000), 8],
      [() => clock.stepWall(random.between(1, 40 * 24) * HOUR), 8],
      [() => this.sleep(random.between(1, 45 * 24) * HOUR), 8],
      ...this.faults(8, 12),
    ])()
    await this.revive()
    this.#readMail()
  }

  protected settle(): void {
    this.clock.advance(HOUR)
  }

  protected judge(): Counts {
    const { db } = this.disk
    const rows = db.prepare('SELECT * FROM schedules').all() as ScheduleRow[]
    const seen = new Set<number>()
    let [occurrences, fired, missed] = [0, 0, 0]
    const complain = this.#fail.bind(this)
    judgeGates(db, rows, complain)
    for (const row of rows) {
      const happened = db.prepare('SELECT * FROM occurrences WHERE schedule_id = ? ORDER BY due_at').all(row.id) as OccurrenceRow[]
      this.#requireEachOnce(row, happened)
      judgeMissed(row, happened, complain)
      judgeWallTime(row, happened, complain)
      const threads = happened.flatMap((one) => JSON.parse(one.threads) as number[])
      const stored = db.prepare('SELECT t.id FROM threads t JOIN messages m ON m.id = t.head WHERE m.body = ? ORDER BY t.id').all(row.body) as { id: number }[]
      if (stored.map(({ id }) => id).join() !== [...threads].sort((a, b) => a - b).join())
        this.#fail(row, `sent ${stored.length} messages and counts ${threads.length}`)
      for (const thread of threads) {
        if (seen.has(thread)) this.#fail(row, `thread ${thread} stands for two occurrences`)
        seen.add(thread)
      }
      const runs = happened.filter(({ outcome }) => outcome === 'fired').length
      if (runs !== row.runs) this.#fail(row, `has ${runs} occurrences that fired, and says ${row.runs}`)
      occurrences += happened.length
      fired += runs
      missed += happened.filter(({ outcome }) => outcome === 'missed').length
    }
    return { days: Math.round((this.clock.wallMs() - this.#from) / (24 * HOUR)), occurrences, fired, missed }
  }

  /** Every due time up to the plan has one row, or lies in one range of what was missed; and there are no others. */
  #requireEachOnce(row: ScheduleRow, happened: readonly OccurrenceRow[]): void {
    const due = dueTimes(row, happened.at(-1))
    let index = 0
    for (const one of happened) {
      if (due[index] !== one.due_at) return this.#fail(row, `${iso(due[index])} is accounted for nowhere, or ${iso(one.due_at)} twice, or it was never due`)
      const size = due.slice(index).filter((at) => at <= (one.until_at ?? one.due_at)).length
      index += size
      if (due[index - 1] !== (one.until_at ?? one.due_at) || one.count > size)
        this.#fail(row, `counts ${one.count} up to ${iso(due[index - 1])}: there were ${size}`)
    }
    if (index !== due.length) this.#fail(row, `${iso(due[index])} is accounted for nowhere`)
    if (row.state === 'active' && nextAfter(ruleOf(row), due.at(-1) ?? row.created_at) !== row.next_at) this.#fail(row, 'plans another time than the next')
  }

  #fail(row: ScheduleRow, what: string): void {
    this.failures.push(`schedule ${row.id} (${row.cron ?? row.every_ms ?? row.at} ${row.zone}, missed: ${row.missed}): ${what}`)
  }

  #create(): void {
    const { random } = this
    const rule = random.weighted<() => Partial<Input<'schedules.create'>>>([
      [() => ({ cron: random.pick(PATTERNS) as string }), 50],
      [() => ({ every: `${random.between(1, 72)}h` }), 25],
      [() => ({ every: `${random.between(1, 90)}m` }), 10],
      [() => ({ at: `in ${random.between(1, 400)}h` }), 15],
    ])()
    const recurs = rule.at === undefined
    this.#made += 1
    this.#call('schedules.create', {
      body: `occurrence of ${this.#made}`,
      ...rule,
      zone: random.pick(ZONES) as string,
      missed: random.pick(['skip', 'once', 'all'] as const) as 'skip',
      missedCap: random.between(1, 5),
      kind: random.chance(0.3) ? 'ask' : 'notify',
      ...(random.chance(0.3) && { missedWindow: `${random.between(1, 20)}d` }),
      ...(random.chance(0.3) && { overlap: 'allow' as const }),
      ...(recurs && rule.every === undefined && random.chance(0.3) && { jitter: `${random.between(1, 20)}m` }),
      ...(recurs && random.chance(0.2) && { maxRuns: random.between(1, 20) }),
      ...(recurs && random.chance(0.2) && { quiet: '22:00-06:30' }),
      ...(recurs && random.chance(0.2) && { gates: [{ if: 'owes' as const, not: random.chance(0.5) }] }),
      key: `schedule ${this.#made}`.replaceAll(' ', '-'),
    })
  }

  /** Reads and answers what has come, so that no mailbox fills. */
  #readMail(): void {
    for (let round = 0; round < 40; round += 1) {
      const inbox = this.#call('mailbox.inbox', { limit: 50 })
      if (!inbox || inbox.items.length === 0) return
      this.#call('mailbox.ack', { deliveries: inbox.items.map(({ delivery }) => delivery.id) })
      for (const { thread } of inbox.items) {
        if (thread.kind === 'ask' && this.random.chance(0.7)) this.#call('threads.answer', { thread: thread.id, body: 'done' })
      }
    }
  }

  #call<N extends OperationName>(name: N, input: Input<N>): Output<N> | undefined {
    return this.call(this.#token, name, input)
  }
}

/** When a schedule came due, from when it was made up to its plan, or up to the last that happened. */
function dueTimes(row: ScheduleRow, last: OccurrenceRow | undefined): number[] {
  const due: number[] = []
  const until = row.state === 'active' ? (row.next_at as number) - 1 : (last?.until_at ?? last?.due_at ?? 0)
  for (let at = nextAfter(ruleOf(row), row.created_at); at !== undefined && at <= until; at = nextAfter(ruleOf(row), at)) due.push(at)
  return due
}

function iso(at: number | undefined): string {
  return at === undefined ? 'nothing' : new Date(at).toISOString()
}
