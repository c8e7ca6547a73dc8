import { useState } from 'preact/hooks'
import type { Output } from '../../browser.ts'
import { Confirm } from '../parts/confirm.tsx'
import { Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { preview } from '../parts/preview.ts'
import { Empty, ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'

type DeadLetter = Output<'mailbox.dead'>['dead'][number]

/** What could not be delivered, and waits to be sent again or taken away. */
export function DeadLetters() {
  const found = useLive('mailbox.dead', { limit: 50 }, ['delivery'])
  return (
    <Section title="Dead letters" {...(found.data ? { count: found.data.dead.length } : {})}>
      <Loaded of={found}>
        {({ dead, after }) =>
          dead.length === 0 ? (
            <Empty title="There are no dead letters.">
              <p>A message that a peer fails to take five times is kept here, and its sender is told.</p>
            </Empty>
          ) : (
            <>
              <ul class="rows">
                {dead.map((each) => (
                  <Letter key={each.delivery.id} letter={each} />
                ))}
              </ul>
              {after ? <p class="soft">There are more: they show as these go.</p> : null}
            </>
          )
        }
      </Loaded>
    </Section>
  )
}

function Letter({ letter: { delivery, message, diedAt, reason } }: { readonly letter: DeadLetter }) {
  const [discarding, setDiscarding] = useState(false)
  const { busy, error, run } = useDoing()
  const isOff = busy || connection.value.state !== 'online'
  return (
    <li class="row">
      <div class="row-main">
        <p>
          <PeerName of={message.from} /> to <PeerName of={delivery.to} />
        </p>
        <p class="clamp" dir="auto">
          <a href={`/threads/${message.thread}`}>{preview(message.body)}</a>
        </p>
        <p class="row-sub">
          {visible(reason)}, <Time at={diedAt} />
        </p>
        {error ? <ErrorNote>{error}</ErrorNote> : null}
      </div>
      <div class="row-side">
        <button
          type="button"
          class="small"
          disabled={isOff}
          onClick={() => void run(() => act('mailbox.replay', { delivery: delivery.id }), 'The message was sent again.')}
        >
          Replay
        </button>
        <button type="button" class="small danger" disabled={isOff} onClick={() => setDiscarding(true)}>
          Discard
        </button>
      </div>
      {discarding ? (
        <Confirm
          title="Discard this dead letter?"
          does="Discard"
          danger
          onClose={() => setDiscarding(false)}
          work={() => act('mailbox.discard', { delivery: delivery.id })}
          done="The dead letter was discarded."
        >
          <p>{delivery.to.name} never gets it. The message stays in its thread.</p>
        </Confirm>
      ) : null}
    </li>
  )
}
