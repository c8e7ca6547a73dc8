import type { ComponentChildren } from 'preact'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { preview } from '../parts/preview.ts'
import { type Listed, type Part, type Said, saidOf } from './said.ts'
import { placeOf, sentenceOf } from './sentences.ts'

/** So much is quoted of what was said. */
const QUOTED_CHARS = 120

interface HappenedProps {
  readonly event: Listed
  /** The place that shows it. */
  readonly here?: string
  /** What else it is about, where nothing of it can be quoted. */
  readonly about?: ComponentChildren
}

/** What happened, behind the name of whoever did it. */
export function Happened({ event, here, about }: HappenedProps) {
  const said = saidOf(event)
  if (!said) {
    const place = placeOf(event.subject)
    const words = visible(sentenceOf(event))
    return place && place !== here && !about ? (
      <a href={place}>{words}</a>
    ) : (
      <>
        {words}
        {about}
      </>
    )
  }
  // Without words to lead there, the sentence itself does.
  if (said.words === undefined)
    return (
      <a href={said.place}>
        <Parts of={said.parts} link={false} />
      </a>
    )
  return (
    <>
      <Parts of={said.parts} />
      {typeof said.parts.at(-1) === 'string' ? ': ' : ' '}
      <Quoted said={said} />
    </>
  )
}

/** The beginning of what was said, as a way to it. */
export function Quoted({ said: { words, place } }: { readonly said: Said }) {
  const text = words ? preview(words, QUOTED_CHARS) : ''
  return (
    <a class="quoted" href={place} dir="auto">
      {text || <span class="soft">{words === null ? 'redacted' : 'without words'}</span>}
    </a>
  )
}

/** Words and names in their order. */
export function Parts({ of, link = true }: { readonly of: readonly Part[]; readonly link?: boolean }) {
  return of.map((part, index) => (
    <span key={index}>
      {index === 0 || part === ',' ? null : ' '}
      {typeof part === 'string' ? part : <PeerName of={part} link={link} />}
    </span>
  ))
}
