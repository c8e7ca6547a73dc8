import { useState } from 'preact/hooks'
import { Section } from '../parts/page.tsx'
import { ErrorNote, Loaded } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'
import { useLive } from '../session/live.ts'
import { canPush, subscribe, unsubscribe } from '../session/push.ts'
import { Wants } from './wants.tsx'

/** Messages that reach this device while the page is closed. */
export function Push() {
  const found = useLive('channels.list', {}, ['channel', 'credential'])
  const { busy, error, run } = useDoing()
  const [denied, setDenied] = useState(() => canPush() && Notification.permission === 'denied')
  const turnOn = (): void =>
    void run(async () => {
      try {
        await subscribe()
      } finally {
        setDenied(Notification.permission === 'denied')
      }
    }, 'Notifications are on for this device.')
  return (
    <Section title="On this device">
      <Loaded of={found} lines={1}>
        {({ channels, own, available }) => {
          const channel = channels.find(({ id }) => id === own)
          if (channel)
            return (
              <div class="panel">
                <p>You are notified here of what waits for you, also while this page is closed.</p>
                <Wants channel={channel} />
                {channel.problem ? <ErrorNote>The last notification did not arrive: {channel.problem}</ErrorNote> : null}
                <div class="buttons">
                  <button
                    type="button"
                    disabled={busy}
                    onClick={() => void run(() => act('channels.test', { channel: channel.id }), 'A test notification was sent.')}
                  >
                    Send a test
                  </button>
                  <button type="button" class="quiet" disabled={busy} onClick={() => void run(unsubscribe, 'Notifications are off for this device.')}>
                    Turn off
                  </button>
                </div>
              </div>
            )
          if (!canPush()) return <p class="soft">{WHY_NOT}</p>
          if (!available.push) return <p class="soft">The settings of the daemon do not allow notifications in browsers.</p>
          return (
            <div class="panel">
              <p>Get notified of cards and urgent messages while this page is closed. A card can be answered from its notification.</p>
              {denied ? <ErrorNote>This browser blocks notifications from this page. Allow them in its settings for the page.</ErrorNote> : null}
              <button type="button" class="primary" disabled={busy || denied} onClick={turnOn}>
                Turn on notifications
              </button>
            </div>
          )
        }}
      </Loaded>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </Section>
  )
}

const WHY_NOT =
  'This browser cannot show notifications while the page is closed. That takes an address that begins with https and, on an iPhone or iPad, that the page was added to the home screen.'
