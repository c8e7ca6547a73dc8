import type { Change } from './journal.ts'
import { numberOf } from './numbers.ts'
import type { Witness } from './witness.ts'

interface KnownFan {
  readonly id: number
  readonly opener: number
  readonly first: number
  readonly asked: number
  readonly refused: number
  readonly enough: number | null
  state: string
  /** The recipient of each of its asks, by thread. */
  readonly recipients: Map<number, number>
  /** How each of its asks ended. */
  readonly outcomes: Map<number, string>
}

type Of<What extends Change['what']> = Extract<Change, { what: What }>

/** The states of a fan in which it may be when it is over. */
const ENDS = new Set(['complete', 'enough', 'expired', 'cancelled'])

/** What is promised about fans: each ask ends in the result exactly once, the fan ends exactly once, and its asker is told once. */
export class Fans {
  readonly #fans = new Map<number, KnownFan>()
  readonly #fanOf = new Map<number, KnownFan>()
  /** Asks that the newest commit ended while their fan was open: their asker is not told of each. */
  readonly #silent = new Set<number>()
  readonly #witness: Witness

  constructor(witness: Witness) {
    this.#witness = witness
  }

  isSilent(thread: number): boolean {
    return this.#silent.has(thread)
  }

  onRestored(): void {
    this.#fans.clear()
    this.#fanOf.clear()
    this.#silent.clear()
    const rows = this.#witness.all<{
      id: number
      opener_id: number
      first_thread: number
      asked: number
      refused: number
      enough: number | null
      state: string
    }>('SELECT id, opener_id, first_thread, asked, refused, enough, state FROM fans')
    for (const { opener_id: opener, first_thread: first, ...row } of rows)
      this.#fans.set(row.id, { ...row, opener, first, recipients: new Map(), outcomes: new Map() })
    const threads = this.#witness.all<{ id: number; fan_id: number; recipient_id: number; state: string }>(
      "SELECT id, fan_id, recipient_id, state FROM threads WHERE fan_id IS NOT NULL AND kind = 'ask'",
    )
    for (const { id, fan_id, recipient_id, state } of threads) {
      const fan = this.#fans.get(fan_id) as KnownFan
      this.#fanOf.set(id, fan)
      fan.recipients.set(id, recipient_id)
      if (state !== 'open') fan.outcomes.set(id, state)
    }
  }

  onCommitted(changes: readonly Change[]): void {
    this.#silent.clear()
    // In the order in which they were made: a command may end one ask and, with it, the fan and the others.
    for (const change of changes) this.#onChange(change, changes)
    for (const change of changes) {
      if (change.what === 'fan') this.#checkState(this.#fans.get(change.id))
      else if (change.what === 'closed') this.#checkState(this.#fanOf.get(change.id))
    }
  }

  #onChange(change: Change, changes: readonly Change[]): void {
    if (change.what === 'fan') this.#fans.set(change.id, { ...change, state: 'open', recipients: new Map(), outcomes: new Map() })
    else if (change.what === 'thread' && change.fan !== null && change.kind === 'ask') this.#onAsk(change, change.fan)
    else if (change.what === 'closed') this.#onClosed(change)
    else if (change.what === 'fanEnded') this.#onEnded(change, changes)
  }

  #onAsk({ id, recipient }: Of<'thread'>, fanId: number): void {
    const fan = this.#fans.get(fanId)
    if (!fan || id < fan.first || id >= fan.first + fan.asked) return this.#witness.fail(`ask ${id} is none of fan ${fanId}`)
    if (recipient === null || [...fan.recipients.values()].includes(recipient)) this.#witness.fail(`fan ${fanId} asks peer ${recipient} twice`)
    fan.recipients.set(id, recipient ?? 0)
    this.#fanOf.set(id, fan)
  }

  #onClosed({ id, state }: Of<'closed'>): void {
    const fan = this.#fanOf.get(id)
    if (!fan) return
    if (fan.outcomes.has(id)) this.#witness.fail(`ask ${id} of fan ${fan.id} ended as ${fan.outcomes.get(id)} and again as ${state}`)
    fan.outcomes.set(id, state)
    if (fan.state === 'open') this.#silent.add(id)
  }

  #onEnded({ id, was, state, notice }: Of<'fanEnded'>, changes: readonly Change[]): void {
    const fan = this.#fans.get(id)
    if (!fan || was !== 'open' || fan.state !== 'open' || !ENDS.has(state)) return this.#witness.fail(`fan ${id} went from ${was} to ${state}`)
    const expected = this.#endOf(fan)
    if (state !== 'cancelled' && state !== expected) this.#witness.fail(`fan ${id} ended as ${state}, and is ${expected}`)
    fan.state = state
    const told = changes.filter((change) => change.what === 'delivery' && change.peer === fan.opener && change.message === notice).length
    const isLeaving = changes.some((change) => change.what === 'retired' && change.id === fan.opener)
    const isToBeTold = state !== 'cancelled' && fan.asked > 0 && !this.#witness.isRetired(fan.opener)
    if (told !== (isToBeTold ? 1 : 0) && !isLeaving) this.#witness.fail(`asker ${fan.opener} of fan ${id} is told ${told} times of its end (${state})`)
  }

  /** What a fan is by the ends of its asks. */
  #endOf({ asked, enough, outcomes }: KnownFan): string {
    const ends = [...outcomes.values()]
    if (ends.length === asked) return ends.includes('expired') ? 'expired' : 'complete'
    return enough !== null && ends.filter((end) => end === 'answered').length >= enough ? 'enough' : 'open'
  }

  /** At the end of a commit: a fan is open as long as there is something to wait for, and none of its asks is open after it. */
  #checkState(fan: KnownFan | undefined): void {
    if (!fan) return
    const { id, state, asked, recipients, outcomes } = fan
    if (recipients.size !== asked) this.#witness.fail(`fan ${id} says that it asked ${asked}, and asked ${recipients.size}`)
    if (state === 'open' && this.#endOf(fan) !== 'open') this.#witness.fail(`fan ${id} is ${this.#endOf(fan)}, and has not ended`)
    if (state !== 'open' && outcomes.size !== asked) this.#witness.fail(`fan ${id} has ended (${state}) with ${asked - outcomes.size} asks open`)
  }

  /** The joined result: everybody who was meant appears exactly once, with what became of the ask. */
  onRead(page: Page, isWhole: boolean): void {
    const fan = this.#fans.get(numberOf(page.fan.id))
    if (!fan) return this.#witness.fail(`${page.fan.id} was read and is not stored`)
    for (const outcome of page.outcomes) this.#checkOutcome(fan, outcome)
    const shown = page.outcomes.map(({ to }) => to.id).concat(page.refused.map(({ to }) => to.id))
    if (new Set(shown).size !== shown.length || (isWhole && shown.length !== fan.asked + fan.refused)) {
      this.#witness.fail(`fan ${fan.id} meant ${fan.asked + fan.refused} peers, and its result shows ${shown.join()}`)
    }
    this.#checkCounts(fan, page.fan)
  }

  #checkOutcome(fan: KnownFan, { thread, to, state, answer }: Page['outcomes'][number]): void {
    const number = numberOf(thread)
    const known = fan.outcomes.get(number) ?? 'open'
    if (fan.recipients.get(number) !== numberOf(to.id) || state !== known)
      this.#witness.fail(`fan ${fan.id} shows ask ${thread} to ${to.id} as ${state}, and it is ${known}`)
    if ((answer !== null) !== (known === 'answered'))
      this.#witness.fail(`fan ${fan.id} shows ${answer ? 'an' : 'no'} answer to ask ${thread}, which is ${known}`)
    if (answer && this.#witness.ledger.messages.get(numberOf(answer.id))?.thread !== number)
      this.#witness.fail(`fan ${fan.id} shows ${answer.id} as the answer to ${thread}`)
  }

  /** A wait that reports how a fan is. */
  onWaited({ fan, timedOut }: { readonly fan: ShownFan; readonly timedOut: boolean }): void {
    const known = this.#fans.get(numberOf(fan.id))
    if (!known) return this.#witness.fail(`${fan.id} was waited for and is not stored`)
    if (timedOut && fan.state !== 'open') this.#witness.fail(`a wait for ${fan.id} was told of its end only when its time was over`)
    this.#checkCounts(known, fan)
  }

  #checkCounts({ id, state, asked, refused, outcomes }: KnownFan, shown: ShownFan): void {
    const ends = [...outcomes.values()]
    const expected: Record<string, number> = { open: asked - ends.length, refused }
    for (const end of ['answered', 'declined', 'cancelled', 'expired', 'failed']) expected[end] = ends.filter((other) => other === end).length
    const wrong = Object.entries(expected).filter(([name, count]) => shown.counts[name] !== count)
    if (shown.state !== state || wrong.length > 0)
      this.#witness.fail(`fan ${id} is ${state} with ${wrong.join('; ')}, and is shown as ${JSON.stringify(shown)}`)
  }

  /** Once nothing is under way any more. */
  check(): void {
    for (const fan of this.#fans.values()) if (fan.state === 'open') this.#witness.fail(`fan ${fan.id} of ${fan.opener} never ended`)
    const rows = this.#witness.all<{ id: number; state: string; told: number }>(
      `SELECT f.id, f.state, (SELECT count(*) FROM threads t JOIN deliveries d ON d.thread_id = t.id
         WHERE t.id >= f.first_thread AND t.fan_id = f.id AND t.kind = 'notify' AND d.peer_id = f.opener_id) AS told FROM fans f`,
    )
    for (const { id, state, told } of rows) {
      if (state !== this.#fans.get(id)?.state) this.#witness.fail(`fan ${id} ended as ${this.#fans.get(id)?.state} and is ${state}`)
      if (told > 1) this.#witness.fail(`the asker of fan ${id} was told ${told} times`)
    }
  }
}

interface ShownFan {
  readonly id: string
  readonly state: string
  readonly counts: Readonly<Record<string, number>>
}

interface Page {
  readonly fan: ShownFan
  readonly outcomes: readonly {
    readonly thread: string
    readonly to: { readonly id: string }
    readonly state: string
    readonly answer: { readonly id: string } | null
  }[]
  readonly refused: readonly { readonly to: { readonly id: string } }[]
  readonly after: string | null
}
