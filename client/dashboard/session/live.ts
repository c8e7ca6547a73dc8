import { type Signal, signal } from '@preact/signals'
import { useEffect, useMemo } from 'preact/hooks'
import type { Event, Input, OperationName, Output } from '../../browser.ts'
import { recall, remember } from './cache.ts'
import { peer } from './connection.ts'

/** What is known of the answer to one question. */
export interface Live<T> {
  /** `undefined` until the first answer, from the daemon or from what was kept. */
  readonly data: T | undefined
  /** When it was true; epoch milliseconds. */
  readonly at: number | undefined
  /** Why it could not be asked again. The data are then as old as they say. */
  readonly error: Error | undefined
}

/**
 * Which events may change an answer: whole types, or their first words, as `events.subscribe` has them; `thread thr_…`: only those about
 * that subject. `*` is all there are.
 */
export type Follows = readonly string[]

interface Question {
  readonly answer: Signal<Live<unknown>>
  readonly follows: Set<string>
  readonly ask: () => Promise<unknown>
  readonly isFinal: ((data: never) => boolean) | undefined
  readers: number
  asking: boolean
  /** Something happened since it was last asked. */
  stale: boolean
  timer: ReturnType<typeof setTimeout> | undefined
  askedAt: number
}

/** A burst of events asks once; a busy crew makes a page ask no more often than this. */
const SETTLE_MS = 80
const MIN_BETWEEN_MS = 500
/** How long an answer that nobody shows any more is followed, for the way back to it. */
const LINGER_MS = 30_000

const questions = new Map<string, Question>()
const NOTHING: Live<undefined> = { data: undefined, at: undefined, error: undefined }

/**
 * The answer to a query, asked again whenever an event says that it may have changed. It begins with what was kept from an earlier visit.
 * `input` of `undefined` asks nothing. An answer that `isFinal` holds for is not asked again, whatever happens.
 */
export function useLive<N extends OperationName>(
  name: N,
  input: Input<N> | undefined,
  follows: Follows,
  isFinal?: (data: Output<N>) => boolean,
): Live<Output<N>> {
  const key = input === undefined ? undefined : `${name} ${JSON.stringify(input)}`
  return useAnswer(key, () => peer().call(name, input as Input<N>), follows, isFinal)
}

/**
 * As `useLive`, for what takes several questions: `ask` puts them. The key names what is asked, and `ask` is that of whoever asked it first.
 */
export function useAnswer<T>(key: string | undefined, ask: () => Promise<T>, follows: Follows, isFinal?: (data: T) => boolean): Live<T> {
  const question = useMemo(() => (key === undefined ? undefined : questionOf(key, ask, follows, isFinal)), [key])
  useEffect(() => {
    if (!question || key === undefined) return
    question.readers++
    if (question.stale) schedule(question, 0)
    return () => {
      question.readers--
      setTimeout(() => question.readers === 0 && questions.get(key) === question && drop(key, question), LINGER_MS)
    }
  }, [question])
  return (question?.answer.value ?? NOTHING) as Live<T>
}

/** Asks everything that is shown again: the daemon cannot say what was missed. */
export function askAllAgain(): void {
  for (const question of questions.values()) {
    question.stale = true
    schedule(question, 0)
  }
}

/** Lets the questions know of what has happened. */
export function onEvent({ type, subject }: Pick<Event, 'type' | 'subject'>): void {
  const family = type.slice(0, type.indexOf('.'))
  const means = ['*', type, family, `${type} ${subject}`, `${family} ${subject}`]
  for (const question of questions.values()) {
    if (!means.some((each) => question.follows.has(each))) continue
    question.stale = true
    schedule(question, SETTLE_MS)
  }
}

function questionOf(key: string, ask: () => Promise<unknown>, follows: Follows, isFinal: Question['isFinal']): Question {
  const known = questions.get(key)
  if (known) return known
  const question: Question = {
    answer: signal(NOTHING),
    follows: new Set(follows),
    ask,
    isFinal,
    readers: 0,
    asking: false,
    stale: true,
    timer: undefined,
    askedAt: 0,
  }
  questions.set(key, question)
  void recall(key).then((kept) => {
    if (kept && question.answer.value.at === undefined) question.answer.value = { ...kept, error: question.answer.value.error }
  })
  return question
}

function drop(key: string, question: Question): void {
  clearTimeout(question.timer)
  questions.delete(key)
}

/** A page that nobody looks at asks nothing; it does when it is shown again. */
function schedule(question: Question, afterMs: number): void {
  if (question.timer !== undefined || question.asking || question.readers === 0 || document.visibilityState === 'hidden') return
  const waitMs = Math.max(afterMs, question.askedAt + MIN_BETWEEN_MS - Date.now())
  question.timer = setTimeout(() => void refresh(question), question.askedAt === 0 ? 0 : waitMs)
}

async function refresh(question: Question): Promise<void> {
  question.timer = undefined
  question.asking = true
  question.stale = false
  question.askedAt = Date.now()
  const { answer } = question
  try {
    const data = await question.ask()
    if (question.isFinal?.(data as never)) question.follows.clear()
    answer.value = { data, at: Date.now(), error: undefined }
    for (const [key, each] of questions) if (each === question) void remember(key, { data, at: Date.now() })
  } catch (error) {
    answer.value = { ...answer.value, error: error as Error }
  }
  question.asking = false
  if (question.stale) schedule(question, SETTLE_MS)
}

document.addEventListener('visibilitychange', () => {
  for (const question of questions.values()) if (question.stale) schedule(question, 0)
})
