import { useRef, useState } from 'preact/hooks'
import { type Follows, type Live, useAnswer } from './live.ts'

export interface Page<T> {
  readonly items: readonly T[]
  /** Where the next one begins; `null` behind the last. */
  readonly before: string | null
}

export interface Pages<T> {
  readonly answer: Live<Page<T>>
  /** Whether another page is being asked for. */
  readonly loading: boolean
  /** Shows one page more. */
  readonly older: () => void
}

/**
 * A list that goes back page by page. All pages that are shown are asked again when something happens, so that none is of another moment.
 * While another page is under way, those before it stay.
 */
export function usePages<T>(key: string, ask: (before: string | undefined) => Promise<Page<T>>, follows: Follows): Pages<T> {
  const [shown, setShown] = useState({ key, count: 1 })
  const count = shown.key === key ? shown.count : 1
  const answer = useAnswer(`${key} ${count}`, () => several(count, ask), follows)
  const last = useRef<{ key: string; answer: Live<Page<T>> }>(undefined)
  const loading = answer.data === undefined && last.current?.key === key
  const present = loading && last.current ? { ...last.current.answer, error: answer.error } : answer
  if (answer.data !== undefined) last.current = { key, answer }
  return { answer: present, loading: loading && answer.error === undefined, older: () => setShown({ key, count: count + 1 }) }
}

async function several<T>(count: number, ask: (before: string | undefined) => Promise<Page<T>>): Promise<Page<T>> {
  const items: T[] = []
  let before: string | undefined
  for (let at = 0; at < count; at++) {
    const page = await ask(before)
    items.push(...page.items)
    if (page.before === null) return { items, before: null }
    before = page.before
  }
  return { items, before: before ?? null }
}
