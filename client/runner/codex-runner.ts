import { setTimeout as pause } from 'node:timers/promises'
import type { Boundary, Output, Turn } from '../../src/contract/index.ts'
import { shownMessages } from '../../src/tools/envelope.ts'
import { passBoundary, type Speak } from '../agents/boundary.ts'
import { takeClaim } from '../agents/claims.ts'
import { codex } from '../agents/codex.ts'
import type { Door } from '../agents/door.ts'
import { keyOf, processKey } from '../agents/identity.ts'
import { mailText, wakeText } from '../agents/mail.ts'
import { SessionMemory } from '../agents/memory.ts'
import { AgentSession } from '../agents/session.ts'
import { readLines, sessionFiles } from '../agents/session-files.ts'
import { SessionLink } from '../agents/session-link.ts'
import { untilWake } from '../agents/waiter.ts'
import { backoffMs } from '../backoff.ts'
import { systemRandom } from '../clock.ts'
import { writePrivateFile } from '../local/private-file.ts'
import type { ProcessInfo } from '../local/process-tree.ts'
import type { CodexEvent } from './codex-app-server.ts'
import { CodexHost, type CodexHostOptions } from './codex-host.ts'
import { ChildGone, RefusedRequest } from './line-child.ts'
import { MAX_BODY_BYTES } from './mail-context.ts'
import type { RunnerEvent } from './report.ts'
import { Tasks } from './tasks.ts'

export interface CodexRunnerOptions extends Omit<CodexHostOptions, 'onEvent' | 'onGone'> {
  readonly door: Door
  /** What a person says first. */
  readonly prompt: string | undefined
  /** This process: the session lives as long as it does. */
  readonly self: ProcessInfo
  readonly onEvent: (event: RunnerEvent) => void
}

type Handed = Output<'sessions.boundary'>

/** So often in a row Codex may end, or fail to start, without a turn that ended well: about a minute and a half with the pauses. */
const MAX_FALLS = 10
/** How long a look waits for the transcript to show what the turn was given. */
const TRANSCRIPT_MS = 1_000
/** The daemon may be down when the runner is told to end. */
const FAREWELL_MS = 2_000

/** Another runner drives that thread. */
export class ThreadTaken extends Error {}

/**
 * One session of Codex in a program of our own, as a peer. What waits begins a turn where it is idle, and joins the turn that runs
 * where it is urgent. What happens is dealt with one after the other.
 */
export class CodexRunner {
  readonly #options: CodexRunnerOptions
  readonly #stop: AbortSignal
  readonly #tasks = new Tasks()
  readonly #host: CodexHost
  readonly #link: SessionLink
  /** Until Codex has taken it. */
  #prompt: string | undefined
  /** The turn that the daemon was told of last. */
  #turn: Turn | undefined
  #isJoined = false
  #falls = 0

  private constructor(options: CodexRunnerOptions, host: CodexHost) {
    const { door, env, cwd, self, version, stop, prompt } = options
    this.#options = options
    this.#stop = stop
    this.#host = host
    this.#prompt = prompt
    const session = new AgentSession({ door, driver: codex, key: keyOf(door, codex, host.thread.id), env, cwd, agent: self, client: `muster-run/${version}` })
    this.#link = new SessionLink(session, () => this.#onOnline())
  }

  /**
   * Runs a session until the signal fires.
   *
   * @throws NoSuchThread, ThreadTaken, or Error where Codex does not start or ends too often
   * @throws ClientError where the daemon does not let the session in
   */
  static async run(options: CodexRunnerOptions): Promise<void> {
    let runner: CodexRunner | undefined
    const onEvent = (event: CodexEvent): void => {
      if (runner) runner.#onCodex(event)
      else if (event.what === 'problem') options.onEvent(event)
    }
    const onGone = (reason: string): void => {
      if (runner) runner.#onGone(reason)
    }
    const host = await CodexHost.open({ ...options, onEvent, onGone })
    try {
      runner = new CodexRunner(options, host)
      await runner.#run()
    } finally {
      await host.close()
    }
  }

  async #run(): Promise<void> {
    const { session } = this.#link
    const { self } = this.#options
    if (!takeClaim(session.files.runner, { key: processKey(self), agent: self }))
      throw new ThreadTaken(`another muster run drives thread ${this.#host.thread.id}`)
    session.begins()
    this.#link.start()
    this.#tasks.add(() => this.#begin())
    try {
      await this.#tasks.run(this.#stop)
    } finally {
      await this.#host.close()
      await this.#leave()
    }
  }

  /** The session begins, or goes on in another process: what it had in hand and what it owes comes with it. */
  async #begin(): Promise<void> {
    const handed = await this.#pass('start')
    if (!this.#isJoined) {
      this.#isJoined = true
      this.#report({ what: 'joined', peer: handed.you.name, thread: this.#host.thread.id, folder: this.#options.cwd })
      void this.#watch()
    }
    const more = this.#prompt === undefined ? undefined : await this.#pass('prompt')
    await this.#tell(more ? { ...more, owed: handed.owed, items: [...handed.items, ...more.items] } : handed)
  }

  async #watch(): Promise<void> {
    try {
      while (await untilWake(this.#link, this.#stop)) {
        await new Promise<void>((resolve) => this.#tasks.add(() => this.#take('wake').finally(resolve)))
      }
    } catch (error) {
      this.#tasks.add(() => Promise.reject(error))
    }
  }

  /** Takes over what this moment may carry, and tells it. */
  async #take(at: Boundary): Promise<void> {
    // Where Codex has ended, what comes after is told when it is back.
    if (!this.#host.isGone) await this.#tell(await this.#pass(at))
  }

  async #pass(at: Boundary): Promise<Handed> {
    const { files } = this.#link.session
    const memory = new SessionMemory(files, this.#host.thread.path, codex.isProof)
    if (at === 'tool' || at === 'stop') await memory.lookWithin(TRANSCRIPT_MS)
    const handed = await passBoundary(at, { files, memory, speak: this.#speak })
    this.#turn = handed.turn
    return handed
  }

  async #tell(handed: Handed): Promise<void> {
    const mail = mailText(handed, MAX_BODY_BYTES)
    const prompt = this.#prompt
    if (mail === '' && prompt === undefined) return
    const messages = shownMessages(mail)
    try {
      const how = await this.#host.tell({ text: prompt ?? wakeText(messages.length), mail })
      const from = [...handed.owed, ...handed.items].filter(({ message }) => messages.includes(message.id)).map(({ message }) => message.from?.name ?? 'Muster')
      this.#report({ what: 'told', how, prompt: prompt !== undefined, messages, from: [...new Set(from)] })
      this.#prompt = undefined
      await this.#say('working')
    } catch (error) {
      // It is still in hand, and is handed over again once Codex is back.
      if (error instanceof ChildGone) return
      if (!(error instanceof RefusedRequest)) throw error
      this.#prompt = undefined
      this.#report({ what: 'problem', text: `Codex refused: ${error.message}` })
      if (!this.#host.isWorking) await this.#giveBack()
    }
  }

  /** What Codex does not take waits again, and wakes the session after its backoff. */
  async #giveBack(): Promise<void> {
    await this.#pass('end')
    await this.#say('idle')
  }

  async #say(turn: Turn): Promise<void> {
    if (this.#turn !== turn) await this.#speak('peers.describe', { turn })
    this.#turn = turn
  }

  readonly #speak: Speak = (name, input) => this.#link.call(name, input, { signal: this.#stop })

  #onCodex(event: CodexEvent): void {
    if (event.what === 'problem') return this.#report(event)
    if (event.what === 'refused') {
      this.#report({ what: 'declined', ...event.refused })
      return this.#tasks.add(() => this.#onRefused())
    }
    // Subagents have threads of their own.
    if (event.thread !== this.#host.thread.id) return
    if (event.what === 'said') this.#report({ what: 'said', text: event.text })
    else if (event.what === 'told') this.#tasks.add(() => this.#onTold())
    else if (event.what === 'turn-began') {
      this.#report({ what: 'turn', turn: 'working' })
      this.#tasks.add(async () => (this.#host.isWorking ? await this.#say('working') : undefined))
    } else this.#onTurnEnded(event)
  }

  /** The model has been shown something: that is told before the turn is over. */
  async #onTold(): Promise<void> {
    if (this.#host.isWorking && readLines(this.#link.session.files.handed).length > 0) await this.#take('tool')
  }

  #onTurnEnded({ status, problem }: CodexEvent & { readonly what: 'turn-ended' }): void {
    if (status === 'completed') this.#falls = 0
    this.#report({ what: 'turn', turn: 'idle', status, ...(problem !== undefined && { problem }) })
    // Another turn may have begun with what was told meanwhile: its end counts.
    this.#tasks.add(async () => (this.#host.isWorking ? undefined : await this.#take('stop')))
  }

  /** It asked a person, and was refused at once: the answer is given, and the turn goes on. */
  async #onRefused(): Promise<void> {
    if (!this.#host.isWorking) return
    await this.#pass('permission')
    await this.#say('working')
  }

  /** After a restart the daemon knows neither the turn nor whom it has woken. */
  #onOnline(): void {
    if (this.#isJoined) this.#tasks.add(() => this.#take(this.#host.isWorking ? 'tool' : 'wake'))
  }

  #onGone(reason: string): void {
    this.#tasks.add(() => this.#revive(reason))
  }

  async #revive(first: string): Promise<void> {
    const { key } = this.#link.session.options
    for (let reason = first; ; ) {
      this.#falls += 1
      if (this.#falls > MAX_FALLS) throw new Error(`${reason}, as often before`)
      const againInMs = Math.round(backoffMs(this.#falls - 1, systemRandom))
      this.#report({ what: 'lost', reason, againInMs })
      await pause(againInMs, undefined, { signal: this.#stop })
      try {
        await this.#host.revive()
        break
      } catch (error) {
        reason = error instanceof Error ? error.message : String(error)
      }
    }
    const { id } = this.#host.thread
    if (id !== key) writePrivateFile(sessionFiles(this.#options.door, codex.name, id).alias, JSON.stringify({ key }))
    this.#report({ what: 'back', thread: id })
    await this.#begin()
  }

  /** What the model was not shown waits for the next session. */
  async #leave(): Promise<void> {
    if (!this.#isJoined) return await this.#link.close()
    const { session } = this.#link
    const memory = new SessionMemory(session.files, this.#host.thread.path, codex.isProof)
    try {
      const speak: Speak = (name, input) => this.#link.call(name, input, { patienceMs: FAREWELL_MS })
      const { you } = await passBoundary('end', { files: session.files, memory, speak })
      session.ends()
      this.#report({ what: 'left', peer: you.name, thread: this.#host.thread.id })
    } catch {
      // The slot stays taken by a process that is gone: who takes it over ends this session in its name.
      this.#report({ what: 'problem', text: 'The daemon could not be told; the next session here does it.' })
    } finally {
      await this.#link.close()
    }
  }

  #report(event: RunnerEvent): void {
    this.#options.onEvent(event)
  }
}
