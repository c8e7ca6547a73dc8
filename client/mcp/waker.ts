import { queueForCodex } from '../agents/codex-wake.ts'
import type { Env } from '../agents/door.ts'
import { wakeText } from '../agents/mail.ts'
import { placesOf } from '../agents/places.ts'
import { logLine } from '../agents/session-files.ts'
import type { SessionLink } from '../agents/session-link.ts'
import { claimWaiting, untilWake, watchClaim } from '../agents/waiter.ts'
import type { LookAtProcess, ProcessInfo } from '../local/process-tree.ts'

export interface Waker {
  stop(): void
}

export interface WakerOptions {
  readonly look: LookAtProcess
  readonly env: Env
  readonly cwd: string
}

/** Wakes a Codex session whenever the daemon says so, through the queue of its thread; never two wakes at once, which the daemon sees to. */
export function wakeCodexSession(link: SessionLink, agent: ProcessInfo, options: WakerOptions): Waker {
  const isOurs = claimWaiting({ link, agent, look: options.look })
  const { signal, stop } = watchClaim(link, isOurs)
  const stopped = new AbortController()
  const log = (text: string): void => logLine(link.session.files.log, text, new Date())
  const run = async (): Promise<void> => {
    for (;;) {
      const outlook = await untilWake(link, AbortSignal.any([signal, stopped.signal]))
      if (!outlook || !isOurs()) return
      // What is urgent enters a running turn by its next hook; a queued text would only begin another one after it.
      if (await isWorking(link)) continue
      await wake(link, agent, options, outlook.waiting).catch((error) => log(`wake: ${error}`))
    }
  }
  run()
    .catch((error) => log(`watch: ${error}`))
    .finally(stop)
  return {
    stop() {
      stopped.abort()
      stop()
    },
  }
}

async function isWorking(link: SessionLink): Promise<boolean> {
  const you = link.hello?.you
  if (you?.kind !== 'peer') return false
  const { peer } = await link.call('peers.get', { peer: you.peer.id })
  return peer.turn === 'working'
}

async function wake({ session }: SessionLink, agent: ProcessInfo, { env, cwd }: WakerOptions, waiting: number): Promise<void> {
  const { door, key } = session.options
  const place = placesOf(door, agent).find((known) => known.key === key)
  await queueForCodex({ thread: place?.id ?? key, text: wakeText(waiting), cwd: place?.cwd ?? cwd, agent, home: place?.home, env })
}
