import * as z from 'zod'
import * as common from './common.ts'
import * as events from './events.ts'
import { NOTIFICATIONS } from './index.ts'
import * as mailboxes from './mailboxes.ts'
import * as peers from './peers.ts'
import * as threads from './threads.ts'

/** Types that are the whole of a frame's params and so need no name. */
const FRAMES = new Set<unknown>(Object.values(NOTIFICATIONS))

/** The exported types of the contract and their names, so that a schema says `Thread` and not all that a thread is. */
export const TYPE_NAMES: ReadonlyMap<z.ZodType, string> = new Map(
  [common, peers, threads, mailboxes, events]
    .flatMap((module): [string, unknown][] => Object.entries(module))
    .flatMap(([name, type]) => (type instanceof z.ZodType && !FRAMES.has(type) ? [[type, name] as const] : []))
    // Of a type with two names the first counts.
    .reverse(),
)
