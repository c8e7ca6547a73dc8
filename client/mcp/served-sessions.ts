import { findAgent } from '../agents/agent-process.ts'
import { isClaimed } from '../agents/claims.ts'
import type { Door, Env } from '../agents/door.ts'
import type { RuntimeDriver } from '../agents/driver.ts'
import { asSessionId, keyOf, processKey } from '../agents/identity.ts'
import { type Place, placesOf } from '../agents/places.ts'
import { AgentSession } from '../agents/session.ts'
import { SessionLink } from '../agents/session-link.ts'
import { isWaitedFor } from '../agents/waiter.ts'
import { isStillRunning, type LookAtProcess, type ProcessInfo } from '../local/process-tree.ts'
import type { ServedSession } from './session-port.ts'
import { type Waker, wakeCodexSession } from './waker.ts'

export interface ServedOptions {
  readonly driver: RuntimeDriver
  readonly door: Door
  readonly env: Env
  readonly cwd: string
  /** Of the bridge itself. */
  readonly pid: number
  readonly parentPid: number
  readonly look: LookAtProcess
  readonly client: string
}

/** A runtime that only looks whether the bridge works is gone before this; a session without hooks joins after it. */
const SETTLED_MS = 5_000

type Served = ServedSession & { readonly key: string; waker: Waker | undefined }

/**
 * The sessions that speak through one bridge: one at a time for most runtimes, and which one is learned from the environment,
 * from the hooks of the same process or from the tool calls themselves.
 */
export class ServedSessions {
  readonly #options: ServedOptions
  readonly #agent: ProcessInfo | undefined
  readonly #served = new Map<string, Served>()
  readonly #startedAt = performance.now()
  /** The session that a tool call has named: no guess counts against it. */
  #named: string | undefined

  constructor(options: ServedOptions) {
    this.#options = options
    this.#agent = findAgent(options.driver, options.parentPid, options.look)
  }

  /** Whether the agent is gone. */
  get isOrphaned(): boolean {
    return this.#agent !== undefined && !isStillRunning(this.#agent, this.#options.look)
  }

  /** The session that a tool call speaks for. */
  of(meta: Readonly<Record<string, unknown>>): ServedSession {
    const { driver, door } = this.#options
    const id = asSessionId(driver.sessionOfCall(meta))
    if (id !== undefined) this.#named = keyOf(door, driver, id)
    return this.#serve(this.#named ?? this.#current() ?? this.#processKey())
  }

  /** Connects as the session that runs now, and leaves the one that ran before. */
  refresh(): void {
    const { driver } = this.#options
    const key = driver.hostsSeveral ? (this.#named ?? this.#adopted()) : this.#settled()
    if (key === undefined) return
    for (const [other, served] of this.#served) if (other !== key && !driver.hostsSeveral) this.#leave(other, served)
    this.#serve(key)
  }

  async close(): Promise<void> {
    const all = [...this.#served.values()]
    this.#served.clear()
    for (const { waker } of all) waker?.stop()
    await Promise.all(all.map(({ link }) => link.close()))
  }

  #serve(key: string): Served {
    const known = this.#served.get(key)
    if (known) return known
    const { driver, door, env, cwd, client } = this.#options
    const link: SessionLink = new SessionLink(
      new AgentSession({ door, driver, key, env, cwd, agent: this.#agent, client }),
      claimOnce(() => link),
    )
    link.start()
    const served: Served = { key, link, cursor: undefined, waker: undefined }
    this.#served.set(key, served)
    // A runner wakes the session that it drives by itself.
    const isDriven = isClaimed(link.session.files.runner)
    if (driver.capabilities.idleWake === 'queue' && this.#agent && !isDriven) served.waker = wakeCodexSession(link, this.#agent, this.#options)
    return served
  }

  #leave(key: string, { link, waker }: Served): void {
    this.#served.delete(key)
    waker?.stop()
    void link.close()
  }

  /** The session of a process that has one at a time. The hooks know best: the environment tells with which one it began. */
  #current(): string | undefined {
    const { driver, door, env } = this.#options
    if (driver.sessions === 'process') return undefined
    const reported = this.#agent && !driver.hostsSeveral ? placesOf(door, this.#agent)[0]?.key : undefined
    const given = asSessionId(driver.sessionIn(env))
    return reported ?? (given === undefined ? undefined : keyOf(door, driver, given))
  }

  /** The session of a process that has one at a time, once it is certain that there is one. */
  #settled(): string | undefined {
    const isReported = this.#agent !== undefined && placesOf(this.#options.door, this.#agent).length > 0
    const isCertain = isReported || this.#served.size > 0 || performance.now() - this.#startedAt >= SETTLED_MS
    return isCertain ? (this.#current() ?? this.#processKey()) : undefined
  }

  /** A session in this folder that the hooks have reported and that no other bridge serves. The first tool call corrects a wrong guess. */
  #adopted(): string | undefined {
    if (this.#served.size > 0 || !this.#agent) return undefined
    const { driver, door, cwd, look } = this.#options
    const isFree = (place: Place) => place.cwd === cwd && !isWaitedFor({ door, driver, key: place.key }, look)
    return placesOf(door, this.#agent).find(isFree)?.key
  }

  #processKey(): string {
    return processKey(this.#agent ?? { pid: this.#options.pid, startedAt: this.#options.look(this.#options.pid)?.startedAt ?? '' })
  }
}

/** An orchestrator that joins leads its circle where nobody does; otherwise it stands by. What becomes of the lead later is the daemon's to see to. */
function claimOnce(linkOf: () => SessionLink): () => void {
  let isDone = false
  return () => {
    const link = linkOf()
    const you = link.hello?.you
    if (isDone || you === undefined) return
    isDone = true
    if (you.kind === 'peer' && you.peer.role === 'orchestrator') void link.call('orchestrators.claim', {}).catch(() => undefined)
  }
}
