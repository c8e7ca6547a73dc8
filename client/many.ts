import type { Thread } from '../src/contract/index.ts'
import type { Call } from './calls.ts'
import { AskError } from './client-error.ts'
import type { Extended } from './peer.ts'
import { runPipe } from './pipe.ts'
import { handleOf, prepareFor, type Sends, type Speaker } from './speaker.ts'

/** Threads that are listed with one call. */
const PAGE = 200

/** A speaker that asks many at a time, and one after the other, waits for all of them, and has things sent later. */
export function withMany(speaker: Sends, { asks, fans, call, causedBy }: Extended): Omit<Speaker, 'attach' | 'open' | 'download'> {
  const prepare = prepareFor(causedBy)
  const openAsks = () => listOpen(call)
  return {
    ...speaker,
    fan: (to, body, options = {}) => fans.open(...prepare(typeof to === 'string' ? [to] : [...to], body, options)),
    schedule: (body, { timeoutMs, signal, ...rule }) => call('schedules.create', { ...rule, body }, { timeoutMs, signal }),
    pipe: (...stages) => runPipe(speaker.ask, stages),
    openAsks,
    awaitAll: async (given, bounds = {}) => {
      const handles = given ?? (await openAsks()).map(({ id }) => handleOf(asks, call, id))
      return Promise.all(
        handles.map(async (handle) => {
          const { thread } = handle
          try {
            return { thread, answer: await handle.result(bounds) }
          } catch (error) {
            if (error instanceof AskError) return { thread, error }
            throw error
          }
        }),
      )
    },
  }
}

async function listOpen(call: Call): Promise<Thread[]> {
  const threads: Thread[] = []
  let before: string | undefined
  do {
    const page = await call('threads.list', { side: 'mine', state: 'open', limit: PAGE, ...(before !== undefined && { before }) })
    threads.push(...page.threads)
    before = page.before ?? undefined
  } while (before !== undefined)
  return threads
}
