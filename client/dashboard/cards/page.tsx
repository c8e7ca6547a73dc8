import './cards.css'
import { useState } from 'preact/hooks'
import { useRoute } from 'preact-iso'
import type { Output } from '../../browser.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act } from '../session/act.ts'
import { useLive } from '../session/live.ts'
import { WaitingCard } from './card.tsx'
import { SettledCard } from './settled.tsx'

/** One card, whatever became of it, with what was said about it and how the same was decided before. */
export function CardPage() {
  const { card = '' } = useRoute().params
  const found = useLive('decisions.get', { card }, ['decision'])
  const [isWithdrawing, setWithdrawing] = useState(false)
  const isWaiting = found.data?.card.state === 'waiting'
  return (
    <Page
      title="Card"
      actions={
        isWaiting ? (
          <button type="button" class="quiet" onClick={() => setWithdrawing(true)}>
            Withdraw…
          </button>
        ) : (
          <a class="button quiet" href="/cards">
            All decisions
          </a>
        )
      }
    >
      <Loaded of={found}>
        {(data) => (
          <div class="columns wide">
            {isWaiting ? <WaitingCard key={card} card={data.card} whole /> : <SettledCard card={data.card} whole />}
            <Around of={data} />
          </div>
        )}
      </Loaded>
      {isWithdrawing ? <Withdraw card={card} onClose={() => setWithdrawing(false)} /> : null}
    </Page>
  )
}

function Around({ of: { card, comments, past } }: { readonly of: Output<'decisions.get'> }) {
  return (
    <div class="beside">
      {past ? (
        <Section title="Earlier decisions on this action">
          <p class="soft">
            {past.approved + past.denied === 0
              ? 'There are none with these arguments.'
              : `With these arguments: approved ${past.approved}, denied ${past.denied}.`}{' '}
            <a href="/approvals">Approvals</a>
          </p>
        </Section>
      ) : null}
      <Section title="Comments" count={comments.length}>
        {comments.length === 0 ? (
          <p class="soft">Nobody has said anything about it. A comment reaches whoever waits, and decides nothing.</p>
        ) : (
          <ol class="comments">
            {comments.map(({ number, by, at, body }) => (
              <li key={number}>
                <p class="soft">
                  <PeerName of={by} /> · <Time at={at} />
                </p>
                <p dir="auto" class="pre">
                  {visible(body)}
                </p>
              </li>
            ))}
          </ol>
        )}
      </Section>
      {card.thread ? (
        <p class="soft">
          A single letter on <a href={`/threads/${card.thread}`}>its thread</a> decides it, too.
        </p>
      ) : null}
    </div>
  )
}

function Withdraw({ card, onClose }: { readonly card: string; readonly onClose: () => void }) {
  const [reason, setReason] = useState('')
  return (
    <Confirm
      title="Withdraw the card"
      does="Withdraw"
      done="The card was withdrawn."
      danger
      disabled={reason.trim() === ''}
      work={() => act('decisions.withdraw', { card, reason: reason.trim() })}
      onClose={onClose}
    >
      <p>Nobody has to decide it any more. Whoever waits for it is told why, and goes on without an answer.</p>
      <label class="field">
        <span>Reason</span>
        <textarea rows={2} dir="auto" value={reason} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
      </label>
    </Confirm>
  )
}
