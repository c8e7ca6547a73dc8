import './timeline.css'
import { Search } from 'lucide'
import { useEffect, useId, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Icon } from '../parts/icon.tsx'
import { Page } from '../parts/page.tsx'
import { PeerPicker } from '../parts/peer-picker.tsx'
import { EventLog } from './log.tsx'
import { SearchResults } from './search.tsx'
import { KINDS } from './sentences.ts'

/** Everything that happened, the newest first; and a search through everything that was said. */
export function TimelinePage() {
  const { query, route } = useLocation()
  const { q = '', kind = '', peer = '', since = '' } = query
  const go = (next: Readonly<Record<string, string>>): void => {
    // Of the address as it is now: two changes may follow each other before the page is drawn again.
    const now = Object.fromEntries(new URLSearchParams(location.search))
    const given = Object.entries({ ...now, ...next }).filter(([, value]) => value !== '')
    route(`/timeline${given.length > 0 ? `?${new URLSearchParams(given)}` : ''}`, true)
  }
  const isSearch = q !== ''
  return (
    <Page title={isSearch ? 'Search' : 'Timeline'}>
      <SearchField q={q} onSearch={(text) => go({ q: text, kind: '', since: '' })} />
      <div class="timeline-filters">
        <PeerFilter peer={peer} onChange={(next) => go({ peer: next })} />
        <label class="field">
          <span>{isSearch ? 'Kind of message' : 'What'}</span>
          <select value={kind} onChange={({ currentTarget }) => go({ kind: currentTarget.value })}>
            <option value="">Everything</option>
            {(isSearch ? MESSAGES : KINDS).map(([name, says]) => (
              <option key={name} value={name}>
                {says}
              </option>
            ))}
          </select>
        </label>
        {isSearch ? <Since since={since} onChange={(next) => go({ since: next })} /> : null}
      </div>
      {isSearch ? <SearchResults key={`${q} ${kind} ${peer} ${since}`} q={q} kind={kind} peer={peer} since={since} /> : <EventLog kind={kind} peer={peer} />}
    </Page>
  )
}

const MESSAGES = [
  ['ask', 'Asks'],
  ['answer', 'Answers'],
  ['notify', 'Notifies'],
  ['reply', 'Replies'],
  ['decline', 'Declines'],
] as const

/** Since when, as what is said and how many days that is. */
const SPANS = [
  ['', 'Any time'],
  ['1', 'The last day'],
  ['7', 'The last week'],
  ['30', 'The last month'],
] as const

/** How long after a key nothing more is expected. */
const TYPED_MS = 300

function SearchField({ q, onSearch }: { readonly q: string; readonly onSearch: (q: string) => void }) {
  const [typed, setTyped] = useState(q)
  const id = useId()
  useEffect(() => {
    if (typed.trim() === q) return
    const timer = setTimeout(() => onSearch(typed.trim()), TYPED_MS)
    return () => clearTimeout(timer)
  }, [typed])
  return (
    <search class="search-field">
      <label class="hidden" for={id}>
        Search messages
      </label>
      <Icon of={Search} />
      <input
        id={id}
        type="search"
        dir="auto"
        maxLength={200}
        placeholder={'Search messages: words, "phrases", begin*'}
        value={typed}
        onInput={({ currentTarget }) => setTyped(currentTarget.value)}
        onKeyDown={({ key }) => key === 'Enter' && onSearch(typed.trim())}
      />
    </search>
  )
}

/** Half a name is nobody's: it narrows once it is one. */
function PeerFilter({ peer, onChange }: { readonly peer: string; readonly onChange: (peer: string) => void }) {
  const [typed, setTyped] = useState(peer)
  const change = (address: string, isOne: boolean): void => {
    setTyped(address)
    if (isOne || address === '') onChange(address)
  }
  return <PeerPicker label="Who" value={typed} onChange={change} onlyPeers />
}

function Since({ since, onChange }: { readonly since: string; readonly onChange: (since: string) => void }) {
  return (
    <label class="field">
      <span>When</span>
      <select value={since} onChange={({ currentTarget }) => onChange(currentTarget.value)}>
        {SPANS.map(([days, says]) => (
          <option key={days} value={days}>
            {says}
          </option>
        ))}
      </select>
    </label>
  )
}
