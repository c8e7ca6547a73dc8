import { randomUUID } from 'node:crypto'
import { renameSync } from 'node:fs'
import { type ErrorCode, MusterError } from '../../src/errors.ts'
import { PROTOCOL } from '../../src/rpc.ts'
import { systemClock } from '../clock.ts'
import type { ConnectionOptions } from '../connection.ts'
import { createPrivateFile } from '../local/private-file.ts'
import type { ProcessInfo } from '../local/process-tree.ts'
import { callOnce } from '../one-call.ts'
import type { TokenSource } from '../tokens.ts'
import { openWsTransport } from '../ws-transport.ts'
import type { Door, Env } from './door.ts'
import type { RuntimeDriver } from './driver.ts'
import { wantedPeer } from './identity.ts'
import { SessionMemory } from './memory.ts'
import { readJson, remove, type SessionFiles, sessionFiles } from './session-files.ts'
import { Slots } from './slots.ts'

/** The credential of a session, as it is kept in its file. */
interface Kept {
  readonly token: string
  /** Id of the credential. */
  readonly credential: string
  readonly session: string
}

export interface SessionOptions {
  readonly door: Door
  readonly driver: RuntimeDriver
  /** How the runtime calls the session, or its process. */
  readonly key: string
  readonly env: Env
  readonly cwd: string
  /** The process in which it lives, where the system shows it. */
  readonly agent: ProcessInfo | undefined
  /** Of the program, for the daemon's log. */
  readonly client: string
}

/**
 * An agent session: one credential of one peer, shared by its bridge, its hooks and what waits to wake it. Whoever comes first
 * mints it. Of two that mint at the same moment one keeps its own and the other revokes its own and takes that.
 */
export class AgentSession implements TokenSource {
  readonly options: SessionOptions
  readonly files: SessionFiles
  readonly #slots: Slots
  #token: string | undefined

  constructor(options: SessionOptions) {
    this.options = options
    this.files = sessionFiles(options.door, options.driver.name, options.key)
    this.#slots = new Slots(options.door, options.driver, options.cwd)
  }

  /** Whether it has joined already. */
  get isKnown(): boolean {
    return this.#kept() !== undefined
  }

  /** It goes on: others that begin meanwhile get a peer of their own. */
  begins(): void {
    const kept = this.#kept()
    if (kept) this.#slots.takeAgain(kept.session, this.options)
  }

  /** It is over: the next session in this folder has its peer, unless this one is resumed first. */
  ends(): void {
    const kept = this.#kept()
    if (kept) this.#slots.release(kept.session, this.options.key)
  }

  /** @throws MusterError `unauthenticated` where there is nothing to join with */
  async current(): Promise<string> {
    this.#token = this.#kept()?.token ?? (await this.#join())
    return this.#token
  }

  /** The daemon refused the token: takes the one that another process has minted meanwhile, or mints one. */
  async renew(): Promise<void> {
    const refused = this.#token
    const kept = this.#kept()
    if (kept && kept.token === refused) setAside(this.files.credential, refused)
    this.#token = await this.current()
    if (this.#token === refused) throw new MusterError('unauthenticated')
  }

  /** How to connect with one token. */
  connection(token: string): ConnectionOptions {
    const { door, client } = this.options
    return { open: openWsTransport, clock: systemClock, url: door.url(), token, hello: { protocol: PROTOCOL, client, consume: false } }
  }

  #kept(): Kept | undefined {
    return keptIn(this.files.credential)
  }

  async #join(): Promise<string> {
    const minted = await this.#register()
    if (createPrivateFile(this.files.credential, JSON.stringify(minted))) return minted.token
    const winner = this.#kept()
    if (!winner) {
      // What has the name is no credential, so nobody needs it.
      remove(this.files.credential)
      return createPrivateFile(this.files.credential, JSON.stringify(minted)) ? minted.token : await this.current()
    }
    // Should this fail, an unused credential stays; the administrator sees it in the list.
    await callOnce(this.connection(minted.token), 'credentials.revoke', { credential: minted.credential }).catch(() => undefined)
    return winner.token
  }

  async #register(): Promise<Kept> {
    const { door, driver, env, cwd } = this.options
    // A daemon that is not there is another matter than one that lets nobody in.
    door.url()
    const { session, names, leftBy } = wantedPeer(driver, this.#slots, { env, cwd, holder: this.options })
    const inherited = leftBy === undefined ? undefined : await this.#inherit(leftBy, session)
    if (inherited) return inherited
    const enrolment = door.enrolment()
    if (enrolment === undefined)
      throw new MusterError('unauthenticated', { hint: 'There is no enrolment token; muster up starts the daemon, which writes one.' })
    // The enrolment says what it mints: agents, or where it is for orchestrators only, one of those.
    const as = (role: 'agent' | 'orchestrator') => this.#registerAs(role, { enrolment, session, names })
    return await as('agent').catch((error: unknown) => (isOf(error, 'forbidden') ? as('orchestrator') : Promise.reject(error)))
  }

  async #registerAs(
    role: 'agent' | 'orchestrator',
    { enrolment, session, names }: { readonly enrolment: string; readonly session: string; readonly names: () => Iterable<string> },
  ): Promise<Kept> {
    let taken: unknown
    for (const name of names()) {
      try {
        const profile = { name, role, mode: 'pull', runtime: this.options.driver.name, session, key: randomUUID() } as const
        const { token, credential } = await callOnce(this.connection(enrolment), 'peers.register', profile)
        return { token, credential: credential.id, session }
      } catch (error) {
        if (!isOf(error, 'name_taken')) throw error
        taken = error
      }
    }
    throw taken
  }

  /**
   * What a session of the same peer left behind whose process is gone. Where sessions are processes it cannot come back, so its
   * credential goes on, and with it the mail that it had in hand. Where it can be resumed, its turn is ended in its name: what its
   * transcript does not show waits again.
   */
  async #inherit(key: string, session: string): Promise<Kept | undefined> {
    const { door, driver } = this.options
    const files = sessionFiles(door, driver.name, key)
    const left = keptIn(files.credential)
    if (left?.session !== session) return undefined
    if (driver.sessions === 'process') return left
    const memory = new SessionMemory(files, undefined, driver.isProof)
    const ended = callOnce(this.connection(left.token), 'sessions.boundary', { at: 'end', seen: [...memory.look()] })
    // Should this fail, its mail is held for as long as its visibility lasts.
    await ended.then(() => memory.turnEnded()).catch(() => undefined)
    return undefined
  }
}

function isOf(error: unknown, code: ErrorCode): boolean {
  return error instanceof MusterError && error.code === code
}

function keptIn(path: string): Kept | undefined {
  const { token, credential, session } = readJson(path) ?? {}
  return typeof token === 'string' && typeof credential === 'string' && typeof session === 'string' ? { token, credential, session } : undefined
}

/** Removes a refused credential, and only that: another process may have replaced it since it was read. */
function setAside(path: string, refused: string | undefined): void {
  const aside = `${path}.${randomUUID()}`
  try {
    renameSync(path, aside)
  } catch {
    // Another process was first.
    return
  }
  const found = readJson(aside)
  if (found && found['token'] !== refused) createPrivateFile(path, JSON.stringify(found))
  remove(aside)
}
