import { randomUUID } from 'node:crypto'
import { ClientError } from '../client-error.ts'
import { writePrivateFile } from '../local/private-file.ts'
import { isStillRunning, type LookAtProcess, type ProcessInfo } from '../local/process-tree.ts'
import { passBoundary } from './boundary.ts'
import { InterruptionWatch } from './interruptions.ts'
import { mailText } from './mail.ts'
import { SessionMemory } from './memory.ts'
import { placesOf } from './places.ts'
import type { SessionOptions } from './session.ts'
import { readLines, sessionFiles } from './session-files.ts'
import type { SessionLink } from './session-link.ts'

export interface Waiting {
  readonly link: SessionLink
  /** The agent's process; what waits ends with it. */
  readonly agent: ProcessInfo
  readonly look: LookAtProcess
}

/** Processes and files announce nothing: they are looked at this often. */
const LOOK_EVERY_MS = 1_000
/** One question to the daemon; it is asked again until there is something. */
const WATCH = '15m'

/**
 * Makes this process the one that waits to wake the session: who did so before gives up when it sees that.
 *
 * @returns whether it still is, the agent still runs, and the session is still the one that runs in it
 */
export function claimWaiting({ link: { session }, agent, look }: Waiting): () => boolean {
  const { driver, door, key } = session.options
  const claim = `${process.pid} ${look(process.pid)?.startedAt ?? ''} ${randomUUID()}`
  writePrivateFile(session.files.waiter, claim)
  return () => {
    if (readLines(session.files.waiter)[0] !== claim || !isStillRunning(agent, look)) return false
    const newest = placesOf(door, agent)[0]
    return driver.hostsSeveral || newest === undefined || newest.key === key
  }
}

/** Whether some process waits to wake a session. */
export function isWaitedFor({ door, driver, key }: Pick<SessionOptions, 'door' | 'driver' | 'key'>, look: LookAtProcess): boolean {
  const [pid, startedAt = ''] = readLines(sessionFiles(door, driver.name, key).waiter)[0]?.split(' ') ?? []
  return pid !== undefined && isStillRunning({ pid: Number(pid), startedAt }, look)
}

/** A signal that fires when the claim is lost, and what stops looking. Meanwhile it tells the daemon of turns that were interrupted. */
export function watchClaim(link: SessionLink, isOurs: () => boolean): { readonly signal: AbortSignal; readonly stop: () => void } {
  const lost = new AbortController()
  const { files, options } = link.session
  const interruptions = new InterruptionWatch({ files, isInterruption: options.driver.isInterruption, now: Date.now })
  const timer = setInterval(() => {
    if (!isOurs()) lost.abort()
    // Where this fails the next prompt puts it right.
    else if (interruptions.look()) link.call('peers.describe', { turn: 'idle' }, { signal: lost.signal }).catch(() => undefined)
  }, LOOK_EVERY_MS)
  return { signal: lost.signal, stop: () => clearInterval(timer) }
}

/** Resolves when the session is to be woken; `undefined` where the signal fired before. */
export async function untilWake(link: SessionLink, signal: AbortSignal): Promise<{ readonly waiting: number; readonly urgent: boolean } | undefined> {
  for (;;) {
    try {
      const { wake, ...outlook } = await link.call('sessions.watch', { timeout: WATCH }, { signal })
      if (wake) return outlook
    } catch (error) {
      if (error instanceof ClientError && error.code === 'aborted') return undefined
      throw error
    }
  }
}

/**
 * Waits until mail is worth waking the session for, takes it over and returns it for the model; `undefined` where this process
 * is no longer the one to wait.
 */
export async function waitForMail(waiting: Waiting): Promise<string | undefined> {
  const isOurs = claimWaiting(waiting)
  const { signal, stop } = watchClaim(waiting.link, isOurs)
  const { link } = waiting
  try {
    for (;;) {
      // Mail that is taken over for an agent that is gone would lie there for hours. One that was displaced meanwhile wakes all the same: the wake is its own.
      if (!(await untilWake(link, signal)) || !isStillRunning(waiting.agent, waiting.look)) return undefined
      const text = await takeMail(link)
      if (text !== '') return text
    }
  } finally {
    stop()
  }
}

async function takeMail(link: SessionLink): Promise<string> {
  const { files, options } = link.session
  const memory = new SessionMemory(files, undefined, options.driver.isProof)
  // A turn of its own begins.
  memory.continued = 0
  return mailText(await passBoundary('wake', { files, memory, speak: (name, input) => link.call(name, input) }))
}
