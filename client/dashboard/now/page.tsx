import '../cards/cards.css'
import { WaitingCard } from '../cards/card.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PeerName, Presence, REACH } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'

/** The first screen: what needs this person, then what everyone does, then whether all is well. */
export function NowPage() {
  const queue = useLive('decisions.queue', { limit: 50 }, ['decision', 'thread'])
  const crew = useLive('peers.list', { limit: 200 }, ['peer'])
  const status = useLive('node.status', {}, ['delivery', 'pair', 'outbox'])
  return (
    <Page title="Now">
      <Section title="Needs you" {...(queue.data ? { count: queue.data.waiting } : {})}>
        <Loaded of={queue}>
          {({ cards }) =>
            cards.length === 0 ? (
              <Empty title="Nothing waits for you.">
                <p>When an agent needs a decision, its card stands here, and everything else goes on.</p>
              </Empty>
            ) : (
              <div class="cards">
                {cards.map(({ card, blocked }) => (
                  <WaitingCard key={card.id} card={card} blocked={blocked} />
                ))}
              </div>
            )
          }
        </Loaded>
      </Section>
      <Section title="The crew">
        <Loaded of={crew}>
          {({ peers }) => (
            <ul class="rows">
              {peers
                .filter(({ role }) => role !== 'service' && role !== 'person')
                .map((each) => (
                  <li key={each.id} class="row">
                    <span class="row-main">
                      <PeerName of={each} />
                      <span class="row-sub clamp" dir="auto">
                        {visible(each.description)}
                      </span>
                    </span>
                    <span class="row-side">
                      <Presence of={each} />
                      {each.presence === 'online' ? (
                        <span>{REACH[each.reach as keyof typeof REACH]}</span>
                      ) : each.lastSeenAt ? (
                        <Time at={each.lastSeenAt} />
                      ) : null}
                    </span>
                  </li>
                ))}
            </ul>
          )}
        </Loaded>
      </Section>
      <Section title="Health">
        <Loaded of={status} lines={1}>
          {({ deadLetters, queued, openAsks, readOnly }) => (
            <p class="soft">
              {readOnly ? 'The disk is full: nothing can be stored. ' : ''}
              {openAsks} asks open, {queued} messages on their way, {deadLetters} dead letters.
            </p>
          )}
        </Loaded>
      </Section>
    </Page>
  )
}
