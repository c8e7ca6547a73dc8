import type Database from 'better-sqlite3'
import type { Action } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { Change } from './journal.ts'

/** What a device posted: the approval of a card, `lease` where it is to be for more than once. */
export interface Grant {
  readonly by: number
  readonly card: number
  readonly lease: { readonly scope?: Readonly<Record<string, unknown>>; readonly count: number; readonly ms: number } | undefined
}

/** What a peer posted that would use an approval: this one, or any that it has. */
export interface Use {
  readonly by: number
  readonly action: Action
  readonly approval?: number
}

/** An approval as it was given, and what is left of it. */
interface Given {
  readonly to: number
  readonly action: Action
  /** Arguments that must be as here. */
  readonly scope: Readonly<Record<string, unknown>>
  /** Whether they must be all there are. */
  readonly isExact: boolean
  readonly from: number
  readonly until: number
  left: number
  used: number
  revoked: boolean
}

/** An account of its own of every approval: at each commit it is judged who was given one for what was posted, and what was used of it. */
export class ApprovalWatch {
  used = 0
  revoked = 0
  readonly #fail: (what: string) => void
  readonly #given = new Map<number, Given>()
  #grants: readonly Grant[] = []
  #uses: Use[] = []

  constructor(fail: (what: string) => void) {
    this.#fail = fail
  }

  /** What stands behind the commits from now on. */
  expect({ grants = [], uses = [] }: { readonly grants?: readonly Grant[]; readonly uses?: readonly Use[] }): void {
    this.#grants = grants
    this.#uses = [...uses]
  }

  /** All there ever were: whose, and for what. */
  get approvals(): readonly { readonly id: number; readonly to: number; readonly action: Action }[] {
    return [...this.#given].map(([id, { to, action }]) => ({ id, to, action }))
  }

  /** Whether one could be used now, by the account. */
  allows({ by, action, approval }: Use, now: number): boolean {
    return [...this.#given].some(([id, given]) => (approval === undefined || approval === id) && why(given, by, action, now) === undefined)
  }

  committed(db: Database.Database, changes: readonly Change[], now: number): void {
    for (const change of changes) {
      if (change.what !== 'event' || change.subject === null) continue
      if (change.type === 'approval.granted') this.#grant(db, change.subject, change.actor, now)
      if (change.type === 'approval.used') this.#use(change.subject, change.actor, now)
      if (change.type === 'approval.revoked') this.#revoke(change.subject)
    }
    const rows = db.prepare('SELECT id, uses, max_uses, revoked_at FROM approvals').all() as {
      id: number
      uses: number
      max_uses: number
      revoked_at: number | null
    }[]
    for (const { id, uses, max_uses, revoked_at } of rows) {
      const given = this.#given.get(id)
      if (given?.used !== uses || given.left !== max_uses - uses || given.revoked !== (revoked_at !== null)) {
        this.#fail(`approval ${id} says ${uses} of ${max_uses}, revoked: ${revoked_at !== null}; by the account it is ${JSON.stringify(given)}`)
      }
    }
  }

  /** An older copy was put back: what was granted since is gone, and what was used or revoked since is so still. */
  restored(db: Database.Database): void {
    const there = new Set(db.prepare('SELECT id FROM approvals').pluck().all())
    for (const id of [...this.#given.keys()]) if (!there.has(id)) this.#given.delete(id)
  }

  #grant(db: Database.Database, id: number, by: number | null, now: number): void {
    const row = db.prepare('SELECT requester_id, decision_id, scope, max_uses, expires_at FROM approvals WHERE id = ?').get(id) as {
      requester_id: number
      decision_id: number
      scope: string | null
      max_uses: number
      expires_at: number
    }
    const card = db.prepare('SELECT action_kind, action_name, content FROM decisions WHERE id = ?').get(row.decision_id) as {
      action_kind: string
      action_name: string
      content: string
    }
    const grant = this.#grants.find((one) => one.by === by && one.card === row.decision_id && sameLease(one, row, now))
    if (!grant) return this.#fail(`approval ${id} of card ${row.decision_id} was granted by ${by}, who did not: ${JSON.stringify(row)}`)
    const { arguments: args } = JSON.parse(card.content) as { arguments: Record<string, unknown> }
    const scope = grant.lease?.scope ?? args
    const action = { kind: card.action_kind as Action['kind'], name: card.action_name, arguments: args }
    const until = now + (grant.lease?.ms ?? LIMITS.approvalMs)
    const left = grant.lease?.count ?? 1
    this.#given.set(id, { to: row.requester_id, action, scope, isExact: grant.lease?.scope === undefined, from: now, until, left, used: 0, revoked: false })
  }

  #use(id: number, by: number | null, now: number): void {
    const given = this.#given.get(id)
    const at = this.#uses.findIndex((one) => given && one.by === by && (one.approval ?? id) === id && why(given, one.by, one.action, now) === undefined)
    const [use] = at < 0 ? [] : this.#uses.splice(at, 1)
    if (!given || !use) return this.#fail(`approval ${id} was used by ${by}: ${JSON.stringify(given)} at ${now}`)
    given.left -= 1
    given.used += 1
    this.used += 1
  }

  #revoke(id: number): void {
    const given = this.#given.get(id)
    if (!given || given.revoked) return this.#fail(`approval ${id} was revoked, and there was none to revoke`)
    given.revoked = true
    this.revoked += 1
  }
}

function sameLease({ lease }: Grant, row: { readonly max_uses: number; readonly expires_at: number; readonly scope: string | null }, now: number): boolean {
  const until = now + (lease?.ms ?? LIMITS.approvalMs)
  return row.max_uses === (lease?.count ?? 1) && row.expires_at === until && (row.scope === null) === (lease?.scope === undefined)
}

/** Why not; `undefined` where it may. */
function why({ to, action, scope, isExact, from, until, left, revoked }: Given, by: number, asked: Action, now: number): string | undefined {
  if (to !== by) return 'another peer'
  if (revoked || left === 0 || now >= until || now < from) return 'over'
  if (asked.kind !== action.kind || asked.name !== action.name) return 'another action'
  const given = asked.arguments
  if (isExact && Object.keys(given).length !== Object.keys(scope).length) return 'other arguments'
  return Object.entries(scope).every(([name, value]) => given[name] === value) ? undefined : 'other arguments'
}
