import type { Turn } from '../../src/contract/index.ts'
import { LIMITS } from '../../src/limits.ts'
import type { PeerCaller } from '../caller.ts'
import type { Clock } from '../clock.ts'
import type { DueSource } from '../store/timer.ts'
import { type Outlook, priorityNumber, type SessionsPort } from '../threads/index.ts'

const URGENT = priorityNumber('urgent')
const NORMAL = priorityNumber('normal')

/** One who waits to wake a session. */
export interface Watch {
  /** The session is to be woken now. Called at most once, and not after the watch was stopped. */
  readonly wake: (outlook: Outlook) => void
}

/** What is known of an agent session, which is a credential. */
interface Session {
  readonly peerId: number
  readonly credentialId: number
  connections: number
  /** Its hooks have fired since it connected. */
  hooked: boolean
  /** What it reported itself; where it did not, the turn of its peer counts. One that is over is not woken. */
  turn: Turn | 'over' | undefined
  /** The newest last. */
  readonly watches: Set<Watch>
  /** Monotonic time at which an outstanding wake lapses. */
  wokenUntil: number | undefined
}

export interface SessionRegistryOptions {
  readonly clock: Clock
  readonly outlook: (peerId: number) => Outlook
  readonly turnOf: (peerId: number) => Turn
  /** Tells after the next batch that a mailbox should be looked at again, and does so now for all of which that was said. */
  readonly mailboxes: {
    readonly on: (peerId: number, listener: () => void) => () => void
    readonly changed: (peerId: number) => void
    readonly flush: () => void
  }
  /** Sessions up to this credential may have been woken by the process before this one. */
  readonly lastCredential: number
}

/**
 * Who watches over a session, and whether it has been woken: in memory, since all of it ends with connections or by lapse.
 *
 * A session has at most one wake outstanding, and neither has a peer several: its sessions share a mailbox, and what the
 * first one fetches is no longer there for the second. A wake ends when its session fetches, or lapses. What an earlier
 * process woke is not known, so for one full period after a start only sessions that have fetched since are woken.
 */
export class SessionRegistry implements SessionsPort {
  readonly #options: SessionRegistryOptions
  readonly #sessions = new Map<number, Session>()
  readonly #byPeer = new Map<number, Set<Session>>()
  /** Those with a wake outstanding, the first to lapse first. */
  readonly #woken = new Set<Session>()
  /** What stops listening to the mailboxes of peers that have a watch. */
  readonly #listening = new Map<number, () => void>()
  /** Sessions that were woken in the middle of a turn, until when that may yet become a prompt; the first to lapse first. */
  readonly #steered = new Map<number, number>()
  /** Sessions of before the start that have fetched since; `undefined` when that no longer matters. */
  #fetchedSinceStart: Set<number> | undefined = new Set()
  #startedAt: number

  constructor(options: SessionRegistryOptions) {
    this.#options = options
    this.#startedAt = options.clock.monoMs()
  }

  connected(peer: PeerCaller): void {
    this.#open(peer).connections += 1
  }

  disconnected(peer: PeerCaller): void {
    const session = this.#sessions.get(peer.credentialId)
    if (!session) return
    session.connections -= 1
    if (session.connections > 0) return
    session.hooked = false
    session.turn = undefined
    this.#closeIfIdle(session)
    // Another session of the peer may be woken in its place, after the batch that settles its presence.
    this.#options.mailboxes.changed(peer.peerId)
  }

  /** A hook of the session fired; called after the commit. */
  reported(peer: PeerCaller, turn: Turn | undefined): void {
    const session = this.#sessions.get(peer.credentialId)
    if (session && session.connections > 0) {
      session.hooked = true
      session.turn = turn ?? session.turn
    }
    this.fetched(peer)
  }

  /** The session is over; called after the commit. */
  ended(peer: PeerCaller): void {
    const session = this.#sessions.get(peer.credentialId)
    if (session) Object.assign(session, { hooked: false, turn: 'over' })
    this.fetched(peer)
  }

  /** Whether the session is in a turn, as far as is known. */
  isWorking(peer: PeerCaller): boolean {
    return (this.#sessions.get(peer.credentialId)?.turn ?? this.#options.turnOf(peer.peerId)) === 'working'
  }

  /**
   * The session was handed something by a wake in the middle of a turn. Its runtime shows that as a prompt, which begins no turn
   * and must not bring along what was not worth the wake. What waits to wake it may be gone by then, and its connection with it.
   */
  steered({ credentialId }: PeerCaller): void {
    const now = this.#options.clock.monoMs()
    for (const [other, until] of this.#steered) {
      if (until > now) break
      this.#steered.delete(other)
    }
    this.#steered.delete(credentialId)
    this.#steered.set(credentialId, now + LIMITS.wakeLeaseMs)
  }

  /** The prompt has come, or the turn is over. */
  unsteered({ credentialId }: PeerCaller): void {
    this.#steered.delete(credentialId)
  }

  isSteered({ credentialId }: PeerCaller): boolean {
    return (this.#steered.get(credentialId) ?? 0) > this.#options.clock.monoMs()
  }

  /** The session said which turn it is in, other than by a hook. */
  turned(peer: PeerCaller, turn: Turn): void {
    if (turn !== 'working') this.unsteered(peer)
    const session = this.#sessions.get(peer.credentialId)
    if (session && session.connections > 0) session.turn = turn
    this.#options.mailboxes.changed(peer.peerId)
  }

  fetched(peer: PeerCaller): void {
    this.#fetchedSinceStart?.add(peer.credentialId)
    const session = this.#sessions.get(peer.credentialId)
    if (session) this.#endWake(session)
    this.#options.mailboxes.changed(peer.peerId)
  }

  /** The credential was revoked. */
  forget(credentialId: number): void {
    this.#steered.delete(credentialId)
    const session = this.#sessions.get(credentialId)
    if (!session) return
    session.connections = 0
    this.#endWake(session)
    this.#options.mailboxes.changed(session.peerId)
  }

  /**
   * Waits until the session is to be woken, which may be at once.
   *
   * @returns what stops it
   */
  watch(peer: PeerCaller, watch: Watch): () => void {
    const session = this.#open(peer)
    session.watches.add(watch)
    if (!this.#listening.has(peer.peerId)) {
      const off = this.#options.mailboxes.on(peer.peerId, () => this.#consider(peer.peerId))
      this.#listening.set(peer.peerId, off)
    }
    this.#consider(peer.peerId)
    return () => this.#unwatch(session, watch)
  }

  attended(peerId: number): 'push' | 'hook' | undefined {
    const live = [...(this.#byPeer.get(peerId) ?? [])].filter(({ connections }) => connections > 0)
    if (live.some((session) => session.watches.size > 0 || session.wokenUntil !== undefined)) return 'push'
    return live.some(({ hooked }) => hooked) ? 'hook' : undefined
  }

  /** After a suspend or a clock step, every wake gets one full period. */
  onDivergence(): void {
    const now = this.#options.clock.monoMs()
    this.#startedAt = now
    for (const session of this.#woken) session.wokenUntil = now + LIMITS.wakeLeaseMs
  }

  /** When the next wake lapses. */
  readonly lapses: DueSource = {
    next: () => {
      // After a start nothing lapses before the first period is over, and that can be no earlier than what it began with.
      const mono = this.#fetchedSinceStart ? this.#startedAt + LIMITS.wakeLeaseMs : this.#woken.values().next().value?.wokenUntil
      return mono === undefined ? undefined : { mono }
    },
    run: () => {
      const now = this.#options.clock.monoMs()
      if (now >= this.#startedAt + LIMITS.wakeLeaseMs) this.#fetchedSinceStart = undefined
      for (const session of this.#woken) if ((session.wokenUntil as number) <= now) this.#endWake(session)
      for (const peerId of this.#listening.keys()) this.#options.mailboxes.changed(peerId)
      this.#options.mailboxes.flush()
    },
  }

  /** Wakes the session that is best placed to take what waits, if one is. */
  #consider(peerId: number): void {
    const sessions = [...(this.#byPeer.get(peerId) ?? [])]
    if (!sessions.some(({ watches }) => watches.size > 0)) return
    if (sessions.some(({ connections, wokenUntil }) => connections > 0 && wokenUntil !== undefined)) return
    const outlook = this.#options.outlook(peerId)
    if (outlook.due === undefined || outlook.due > NORMAL) return
    const candidates = sessions.filter((session) => session.watches.size > 0 && !this.#isWoken(session))
    const isIn = (session: Session, turns: readonly (Turn | 'over')[]) => turns.includes(session.turn ?? this.#options.turnOf(peerId))
    const atRest = candidates.find((session) => isIn(session, ['idle', 'unknown']))
    const chosen = atRest ?? (outlook.due <= URGENT ? candidates.find((session) => isIn(session, ['working'])) : undefined)
    const watch = chosen && [...chosen.watches].at(-1)
    if (!watch) return
    chosen.wokenUntil = this.#options.clock.monoMs() + LIMITS.wakeLeaseMs
    this.#woken.add(chosen)
    this.#unwatch(chosen, watch)
    watch.wake(outlook)
  }

  /** Whether a wake of the session is outstanding, as far as is known. */
  #isWoken({ credentialId, wokenUntil }: Session): boolean {
    if (wokenUntil !== undefined) return true
    const { lastCredential } = this.#options
    return this.#fetchedSinceStart !== undefined && credentialId <= lastCredential && !this.#fetchedSinceStart.has(credentialId)
  }

  #endWake(session: Session): void {
    session.wokenUntil = undefined
    this.#woken.delete(session)
    this.#closeIfIdle(session)
  }

  #unwatch(session: Session, watch: Watch): void {
    if (!session.watches.delete(watch)) return
    const { peerId } = session
    if (![...(this.#byPeer.get(peerId) ?? [])].some(({ watches }) => watches.size > 0)) {
      this.#listening.get(peerId)?.()
      this.#listening.delete(peerId)
    }
    this.#closeIfIdle(session)
  }

  #open({ peerId, credentialId }: PeerCaller): Session {
    let session = this.#sessions.get(credentialId)
    if (!session) {
      session = { peerId, credentialId, connections: 0, hooked: false, turn: undefined, watches: new Set(), wokenUntil: undefined }
      this.#sessions.set(credentialId, session)
      const siblings = this.#byPeer.get(peerId) ?? new Set()
      this.#byPeer.set(peerId, siblings.add(session))
    }
    return session
  }

  #closeIfIdle(session: Session): void {
    if (session.connections > 0 || session.watches.size > 0 || session.wokenUntil !== undefined) return
    this.#sessions.delete(session.credentialId)
    const siblings = this.#byPeer.get(session.peerId)
    siblings?.delete(session)
    if (siblings?.size === 0) this.#byPeer.delete(session.peerId)
  }
}
