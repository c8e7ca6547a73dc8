import { useEffect, useState } from 'preact/hooks'
import type { Event } from '../../browser.ts'
import { wordsOf } from '../session/act.ts'
import { peer } from '../session/connection.ts'
import { type Live, useAnswer } from '../session/live.ts'
import { type Known, withNewest, withOlder } from './accumulate.ts'
import { KINDS } from './sentences.ts'

/** What the timeline is narrowed to; empty is everything. */
export interface Narrowed {
  readonly kind: string
  readonly peer: string
}

const PAGE = 60
const NOTHING: Known<Event> = { events: [], before: null }

/** The event log from the newest back, live at its top. Events do not change, so only the newest page is asked for again. */
export function useTimeline(narrowed: Narrowed) {
  const key = JSON.stringify(narrowed)
  const newest = useAnswer<Known<Event>>(`timeline ${key}`, () => pageOf(narrowed, undefined), ['*'])
  const [shown, setShown] = useState({ key, known: NOTHING })
  const [loading, setLoading] = useState(false)
  const [error, setError] = useState<string>()
  const known = shown.key === key ? shown.known : NOTHING
  useEffect(() => {
    if (newest.data) setShown({ key, known: withNewest(known, newest.data) })
  }, [newest.data, key])
  const older = async (): Promise<void> => {
    if (known.before === null) return
    setLoading(true)
    setError(undefined)
    try {
      const page = await pageOf(narrowed, known.before)
      setShown((now) => (now.key === key ? { key, known: withOlder(now.known, page) } : now))
    } catch (reason) {
      setError(wordsOf(reason))
    }
    setLoading(false)
  }
  const answer: Live<Known<Event>> = { ...newest, data: newest.data && (known.events.length > 0 ? known : newest.data) }
  return { answer, loading, error, older }
}

async function pageOf({ kind, peer: whose }: Narrowed, before: string | undefined): Promise<Known<Event>> {
  const types = KINDS.find(([name]) => name === kind)?.[2]
  const input = { limit: PAGE, ...(types && { types: [...types] }), ...(before !== undefined && { before }) }
  if (whose !== '') return peer().call('events.timeline', { peer: whose, ...input })
  const page = await peer().call('events.list', input)
  return { events: page.events.reverse(), before: page.before }
}
