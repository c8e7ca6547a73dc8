import { CircleCheck, MailWarning } from 'lucide'
import { useRef, useState } from 'preact/hooks'
import { WaitingCard } from '../cards/card.tsx'
import { Outcome } from '../cards/settled.tsx'
import { Icon } from '../parts/icon.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { useLive } from '../session/live.ts'
import { ActionNeed } from './action.tsx'
import { AskNeed } from './ask.tsx'
import { keepPlaces, type Need, type Place } from './needs.ts'
import { PairingNeed } from './pairing.tsx'

/** What waits for this person, each where it stood when it was first seen. */
export function Needs({ of }: { readonly of: readonly Need[] }) {
  const places = useRef<Place[]>([])
  const [, redraw] = useState(0)
  places.current = keepPlaces(places.current, of, Date.now())
  const over = places.current.filter(({ need }) => need === undefined).length
  const clear = (): void => {
    places.current = []
    redraw((count) => count + 1)
  }
  return (
    <>
      {places.current.length > 0 ? (
        <div class="cards">{places.current.map(({ key, need }) => (need ? <OneNeed key={key} of={need} /> : <Over key={key} card={key} />))}</div>
      ) : null}
      {over > 0 && of.length > 0 ? (
        <p class="older">
          <button type="button" class="quiet small" onClick={clear}>
            Clear what is decided
          </button>
        </p>
      ) : null}
      {of.length === 0 ? (
        <Empty title={over > 0 ? 'Nothing else waits for you.' : 'Nothing waits for you.'}>
          {over > 0 ? null : <p>When an agent needs a decision, its card stands here, and everything else goes on.</p>}
        </Empty>
      ) : null}
    </>
  )
}

function OneNeed({ of }: { readonly of: Need }) {
  switch (of.kind) {
    case 'card':
      return <WaitingCard card={of.queued.card} blocked={of.queued.blocked} overdue={of.queued.overdue} />
    case 'ask':
      return <AskNeed of={of.owed} />
    case 'action':
      return <ActionNeed of={of.action} />
    case 'pairing':
      return <PairingNeed of={of.pairing} />
    case 'dead':
      return (
        <a class="card need-row card-urgent" href="/node">
          <Icon of={MailWarning} />
          <span>
            <strong>{of.more ? `${of.count} and more messages` : of.count === 1 ? 'A message' : `${of.count} messages`} reached nobody.</strong>{' '}
            <span class="soft">Send again or discard, under Health.</span>
          </span>
        </a>
      )
  }
}

/** A card that was decided or withdrawn while it was looked at. */
function Over({ card }: { readonly card: string }) {
  const found = useLive('decisions.get', { card }, ['decision'])
  return (
    <div class="card card-settled need-over" role="status">
      <Loaded of={found} lines={1}>
        {({ card: over }) => (
          <>
            <p class="need-question" dir="auto">
              <Icon of={CircleCheck} />
              <a href={`/cards/${card}`}>{visible(over.question)}</a>
            </p>
            <Outcome of={over} />
          </>
        )}
      </Loaded>
    </div>
  )
}
