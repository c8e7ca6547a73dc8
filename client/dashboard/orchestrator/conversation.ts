import { compareIds } from '../../../src/ids.ts'
import type { Output } from '../../browser.ts'
import { peer } from '../session/connection.ts'
import type { Page } from '../session/pages.ts'

type Listed = Output<'threads.list'>['threads'][number]
type Answer = Output<'threads.get'>

/** One message of the conversation, with the thread that it is in. */
export interface Said {
  readonly thread: Answer['thread']
  readonly message: Answer['messages'][number]
  /** What opened its thread. */
  readonly opening: string
}

/** Threads that make a page, and how many lists are looked through for them. */
const PAGE = 12
const MOST_LISTS = 4

/** Threads as they were read last: what has not changed is not asked for again. */
const known = new Map<string, { readonly version: string; readonly answer: Answer }>()
const MOST_KNOWN = 200

/** What this person and the orchestrators of a circle have said to each other, whoever of them led: the threads newest first, each from its beginning. */
export async function conversationOf(circle: string, self: string, before: string | undefined): Promise<Page<Said>> {
  const threads: Listed[] = []
  let at = before ?? null
  for (let list = 0; list < MOST_LISTS && threads.length < PAGE && (list === 0 || at !== null); list++) {
    const page = await peer().call('threads.list', { side: 'visible', peer: self, preview: true, limit: 50, ...(at !== null && { before: at }) })
    threads.push(...page.threads.filter((thread) => isWithLeader(thread, circle, self)))
    at = page.before
  }
  const answers = await Promise.all(threads.map(readThread))
  return { items: answers.flatMap(saidIn), before: at }
}

/**
 * As it was said, the oldest first. The daemon numbers messages as it stores them; their times do not order them, since several may be of
 * the same millisecond and a clock may be set back.
 */
export function asSaid(items: readonly Said[]): readonly Said[] {
  return [...items].sort((a, b) => compareIds(a.message.id, b.message.id))
}

function isWithLeader({ from, to }: Listed, circle: string, self: string): boolean {
  const other = from?.id === self ? to : from
  return other !== null && other.role === 'orchestrator' && other.circle === circle
}

async function readThread({ id, state, preview }: Listed): Promise<Answer> {
  const version = `${state} ${preview?.messages} ${preview?.latest.text}`
  const kept = known.get(id)
  if (kept?.version === version) return kept.answer
  const answer = await peer().call('threads.get', { thread: id })
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(id, { version, answer })
  return answer
}

function saidIn({ thread, messages }: Answer): Said[] {
  const opening = messages[0]?.body ?? ''
  return messages.map((message) => ({ thread, message, opening }))
}
