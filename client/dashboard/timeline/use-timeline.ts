import { useEffect, useMemo, useState } from 'preact/hooks'
import { peer } from '../session/connection.ts'
import { wordsOf } from '../session/error-words.ts'
import { type Live, useAnswer, useLive } from '../session/live.ts'
import { type Known, withNewest, withOlder } from './accumulate.ts'
import { type Listed, withoutRedacted } from './said.ts'
import { KINDS } from './sentences.ts'

/** What the timeline is narrowed to; empty is everything. */
export interface Narrowed {
  readonly kind: string
  readonly peer: string
}

const PAGE = 60
const NOTHING: Known<Listed> = { events: [], before: null }

/**
 * The event log from the newest back, live at its top. Events do not change, so only the newest page is asked for again; what was redacted since,
 * wherever it stands, is taken out of the others here.
 */
export function useTimeline(narrowed: Narrowed) {
  const key = JSON.stringify(narrowed)
  const newest = useAnswer<Known<Listed>>(`timeline ${key}`, () => pageOf(narrowed, undefined), ['*'])
  const [shown, setShown] = useState({ key, known: NOTHING })
  const [loading, setLoading] = useState(false)
  const [error, setError] = useState<string>()
  const known = shown.key === key ? shown.known : NOTHING
  const redacted = useRedacted()
  const events = useMemo(() => known.events.map((event) => withoutRedacted(event, redacted)), [known, redacted])
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
  const answer: Live<Known<Listed>> = { ...newest, data: newest.data && (known.events.length > 0 ? { ...known, events } : newest.data) }
  return { answer, loading, error, older }
}

const REDACTIONS = { types: ['message.redacted'], limit: 200 }

/** The messages that were redacted last. */
function useRedacted(): ReadonlySet<string | null> {
  const { data } = useLive('events.list', REDACTIONS, ['message'])
  return useMemo(() => new Set(data?.events.map(({ subject }) => subject)), [data])
}

async function pageOf({ kind, peer: whose }: Narrowed, before: string | undefined): Promise<Known<Listed>> {
  const types = KINDS.find(([name]) => name === kind)?.[2]
  const input = { limit: PAGE, preview: true, ...(types && { types: [...types] }), ...(before !== undefined && { before }) }
  if (whose !== '') return peer().call('events.timeline', { peer: whose, ...input })
  const page = await peer().call('events.list', input)
  return { events: page.events.reverse(), before: page.before }
}
