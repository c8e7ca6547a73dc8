import { useState } from 'preact/hooks'
import type { Input, Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { useLive } from '../session/live.ts'
import { wordsOf } from './snippet.ts'

type Hit = Output<'messages.search'>['hits'][number]

interface SearchProps {
  readonly q: string
  readonly kind: string
  readonly peer: string
  /** In days. */
  readonly since: string
}

const DAY_MS = 86_400_000

/** The messages that say it, the newest first, with the place where they do. */
export function SearchResults({ q, kind, peer, since }: SearchProps) {
  // Of the moment at which it was asked: a time that goes on would ask for ever.
  const [input] = useState<Input<'messages.search'>>(() => ({
    text: q,
    limit: 30,
    ...(kind !== '' && { kind: kind as 'ask' }),
    ...(peer !== '' && { peer }),
    ...(since !== '' && { since: new Date(Math.floor(Date.now() / DAY_MS - Number(since)) * DAY_MS).toISOString() }),
  }))
  const first = useLive('messages.search', input, [])
  const [more, setMore] = useState<Output<'messages.search'>>()
  const { busy, error, run } = useDoing()
  const older = async (cursor: string): Promise<void> => {
    await run(async () => {
      const page = await act('messages.search', { ...input, cursor })
      setMore({ ...page, hits: [...(more?.hits ?? []), ...page.hits] })
    })
  }
  return (
    <Loaded of={first}>
      {({ hits, cursor, complete }) => {
        const all = [...hits, ...(more?.hits ?? [])]
        const next = more ? more.cursor : cursor
        return (
          <>
            <Count found={all.length} isAll={next === null} complete={complete} />
            {all.length === 0 ? <NoHits q={q} /> : null}
            <ul class="rows hits">
              {all.map((hit) => (
                <li key={hit.message}>
                  <HitRow hit={hit} />
                </li>
              ))}
            </ul>
            {error ? <ErrorNote>{error}</ErrorNote> : null}
            {next === null ? null : (
              <button type="button" class="timeline-older" disabled={busy} onClick={() => void older(next)}>
                {busy ? 'Loading…' : 'Older'}
              </button>
            )}
          </>
        )
      }}
    </Loaded>
  )
}

function Count({ found, isAll, complete }: { readonly found: number; readonly isAll: boolean; readonly complete: boolean }) {
  const messages = found === 1 && isAll ? 'message' : 'messages'
  return (
    <p class="soft search-count" role="status">
      {found === 0 ? null : `${found}${isAll ? '' : ' or more'} ${messages}`}
      {complete ? null : ' The index is still being filled: the newest may be missing.'}
    </p>
  )
}

function NoHits({ q }: { readonly q: string }) {
  return (
    <Empty title="No message says that.">
      <p>
        A message is found that holds all of the words. Try fewer, or the beginning of one with a star:{' '}
        <code>{visible(q.split(/\s+/)[0]?.replaceAll('*', '') ?? '')}*</code>
      </p>
    </Empty>
  )
}

function HitRow({ hit: { message, thread, kind, from, to, at, snippet } }: { readonly hit: Hit }) {
  return (
    <a class="row hit" href={`/threads/${thread}#${message}`}>
      <span class="hit-head">
        <span>
          <PeerName of={from} link={false} />
          {to === null ? null : (
            <>
              {' '}
              <span class="soft">with</span> <PeerName of={to} link={false} />
            </>
          )}{' '}
          <Badge>{kind}</Badge>
        </span>
        <span class="row-side">
          <Time at={at} as="clock" />
        </span>
      </span>
      <span class="clamp hit-text" dir="auto">
        {snippet.more.before ? '… ' : null}
        {wordsOf(snippet.parts).map(({ text, match }, index) => (match ? <mark key={index}>{text}</mark> : text))}
        {snippet.more.after ? ' …' : null}
      </span>
    </a>
  )
}
