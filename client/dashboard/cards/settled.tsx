import { Badge } from '../parts/badge.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Time } from '../parts/time.tsx'
import { CardHeader } from './card-parts.tsx'
import { PastOptions } from './options.tsx'
import { type Card, chosenOf, STATES, wayOf } from './words.ts'

/** A card that waits no more: what became of it, by whom, when and how. */
export function SettledCard({ card, whole = false }: { readonly card: Card; readonly whole?: boolean }) {
  const { word, tone } = STATES[card.state]
  const id = `${card.id}-question`
  const question = visible(card.question)
  return (
    <article class="card card-settled" aria-labelledby={id}>
      <CardHeader card={card}>
        <Badge tone={tone}>{word}</Badge>
      </CardHeader>
      {whole ? (
        <h2 id={id} class="card-question" dir="auto">
          {question}
        </h2>
      ) : (
        <h3 id={id} class="card-question" dir="auto">
          <a href={`/cards/${card.id}`}>{question}</a>
        </h3>
      )}
      <Outcome of={card} />
      {whole ? (
        <>
          <p dir="auto">{visible(card.context)}</p>
          <PastOptions card={card} />
        </>
      ) : null}
    </article>
  )
}

/** "B: Postgres, by ann on tablet, 3 min ago", and what was said with it. */
export function Outcome({ of }: { readonly of: Card }) {
  const chosen = chosenOf(of)
  const way = of.closed ? wayOf(of.closed.how) : ''
  return (
    <>
      <p class="card-outcome">
        {chosen ? <strong dir="auto">{visible(chosen)}</strong> : <strong>{STATES[of.state].word}</strong>}
        {of.closed ? (
          <span class="soft">
            {' '}
            by <PeerName of={of.closed.by} />
            {of.closed.device ? (
              <>
                {' '}
                on <bdi>{visible(of.closed.device)}</bdi>
              </>
            ) : null}
            {way ? `, ${way}` : ''}, <Time at={of.closed.at} />
          </span>
        ) : null}
      </p>
      {of.note ? (
        <blockquote class="card-note" dir="auto">
          {visible(of.note)}
        </blockquote>
      ) : null}
    </>
  )
}
