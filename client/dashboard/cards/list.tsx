import './cards.css'
import { useState } from 'preact/hooks'
import { Badge } from '../parts/badge.tsx'
import { Older } from '../parts/older.tsx'
import { Page } from '../parts/page.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { Requesters } from './card-parts.tsx'
import { DECISION_TABS } from './tabs.ts'
import { type Card, type CardState, chosenOf, STATES } from './words.ts'

const PAGE = 30

/** All cards, the newest first: what was decided, by whom and how. */
export function CardsPage() {
  const [state, setState] = useState<CardState>()
  return (
    <Page title="Decisions">
      <Tabs label="Decisions" of={DECISION_TABS} />
      <label class="filter">
        <span>Show</span>
        <select value={state ?? ''} onChange={({ currentTarget }) => setState((currentTarget.value || undefined) as CardState | undefined)}>
          <option value="">All</option>
          {Object.entries(STATES).map(([value, { word }]) => (
            <option key={value} value={value}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <CardRows key={state} state={state} before={undefined} />
    </Page>
  )
}

function CardRows({ state, before }: { readonly state: CardState | undefined; readonly before: string | undefined }) {
  const found = useLive('decisions.list', { limit: PAGE, ...(state && { state }), ...(before !== undefined && { before }) }, ['decision'])
  return (
    <Loaded of={found}>
      {({ cards, before: next }) =>
        cards.length === 0 && before === undefined ? (
          <Empty title={state ? 'There is no such card.' : 'There was no card yet.'}>
            <p>
              An agent that needs a decision raises one with the tool <code>decision</code> or with <code>muster decide raise</code>. What became of it stands
              here.
            </p>
          </Empty>
        ) : (
          <>
            <ul class="rows">
              {cards.map((card) => (
                <li key={card.id}>
                  <CardRow card={card} />
                </li>
              ))}
            </ul>
            {next ? <Older>{() => <CardRows state={state} before={next} />}</Older> : null}
          </>
        )
      }
    </Loaded>
  )
}

function CardRow({ card }: { readonly card: Card }) {
  const { word, tone } = STATES[card.state]
  return (
    <div class="row row-linked">
      <span class="row-main">
        <a class="row-title" href={`/cards/${card.id}`} dir="auto">
          {visible(card.question)}
        </a>
        <span class="row-sub clamp" dir="auto">
          {visible(chosenOf(card) ?? card.note ?? card.context)}
        </span>
      </span>
      <span class="row-side">
        <Badge tone={tone}>{word}</Badge>
        <span>{card.closed ? <bdi>{card.closed.by?.name ?? 'Muster'}</bdi> : <Requesters of={card} />}</span>
        <Time at={card.closed?.at ?? card.raisedAt} />
      </span>
    </div>
  )
}
