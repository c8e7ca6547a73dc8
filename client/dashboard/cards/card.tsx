import type { Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'

export type Card = Output<'decisions.get'>['card']

interface CardProps {
  readonly card: Card
  /** How many wait for it. */
  readonly blocked?: number
}

/** A card that waits: all that a decision needs, and a tap for each option. */
export function WaitingCard({ card, blocked = 0 }: CardProps) {
  const { busy, error, run } = useDoing()
  const choose = (option: 'a'): void => void run(() => act('decisions.resolve', { card: card.id, option }), `Decided: ${option.toUpperCase()}`)
  const isOff = busy || connection.value.state !== 'online'
  return (
    <article class={`card card-${card.priority}`} aria-labelledby={`${card.id}-question`}>
      <header class="card-header">
        <Badge tone={card.kind === 'approval' ? 'warn' : 'info'}>{card.kind === 'approval' ? 'Approval' : 'Question'}</Badge>
        {card.priority === 'urgent' ? <Badge tone="bad">Urgent</Badge> : null}
        <span class="soft">
          {card.requesters.length > 0 ? card.requesters.map((each) => <PeerName key={each.id} of={each} />) : <PeerName of={null} />},{' '}
          <Time at={card.raisedAt} />
          {blocked > 0 ? `, ${blocked} waiting` : null}
        </span>
      </header>
      <h3 id={`${card.id}-question`} dir="auto">
        <a href={`/cards/${card.id}`}>{visible(card.question)}</a>
      </h3>
      <p dir="auto">{visible(card.context)}</p>
      {card.action ? <Action of={card.action} /> : null}
      <ul class="card-options">
        {card.options.map((option) => {
          const isRecommended = card.recommendation.option === option.letter
          return (
            <li key={option.letter}>
              <button
                type="button"
                class={isRecommended ? 'card-option recommended' : 'card-option'}
                disabled={isOff}
                onClick={() => choose(option.letter as 'a')}
              >
                <span class="card-letter">{option.letter.toUpperCase()}</span>
                <span class="card-option-text" dir="auto">
                  {visible(option.text)}
                  {isRecommended ? <span class="card-recommended">Recommended</span> : null}
                </span>
              </button>
              <details class="card-pros">
                <summary>For and against</summary>
                <p dir="auto">+ {visible(option.pros)}</p>
                <p dir="auto">− {visible(option.cons)}</p>
              </details>
            </li>
          )
        })}
      </ul>
      <p class="soft" dir="auto">
        Recommended because {visible(card.recommendation.because)} Risk: {visible(card.risk)}
      </p>
      <p class="soft">
        <Default of={card.default} />
      </p>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </article>
  )
}

function Action({ of }: { readonly of: NonNullable<Card['action']> }) {
  return (
    <pre class="card-action" tabIndex={0}>
      <code>
        {of.kind} {of.name}
        {Object.entries(of.arguments).map(([name, value]) => `\n${name}: ${visible(typeof value === 'string' ? value : JSON.stringify(value))}`)}
      </code>
    </pre>
  )
}

function Default({ of }: { readonly of: Card['default'] }) {
  if (of.option === 'stay_blocked')
    return of.at === null ? (
      <>It waits until somebody decides.</>
    ) : (
      <>
        Nobody decides for you; urgent in <Time at={of.at} as="countdown" />.
      </>
    )
  return of.at === null ? (
    <>Otherwise {of.option.toUpperCase()}.</>
  ) : (
    <>
      Without an answer {of.option.toUpperCase()} in <Time at={of.at} as="countdown" />.
    </>
  )
}
