import { useState } from 'preact/hooks'
import { Section } from '../parts/page.tsx'
import { ErrorNote, Loaded } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'
import { useLive } from '../session/live.ts'

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone

/** When cards that are not urgent do not reach this person. */
export function QuietHours() {
  const found = useLive('decisions.queue', { limit: 50 }, ['decision', 'thread'])
  return (
    <Section title="Quiet hours">
      <Loaded of={found} lines={1}>
        {({ quiet }) => <Hours key={JSON.stringify(quiet)} quiet={quiet} />}
      </Loaded>
    </Section>
  )
}

type Quiet = { readonly from: string; readonly to: string; readonly zone: string } | null

function Hours({ quiet }: { readonly quiet: Quiet }) {
  const [from, setFrom] = useState(quiet?.from ?? '22:00')
  const [to, setTo] = useState(quiet?.to ?? '07:00')
  const [now, setNow] = useState(quiet)
  const { busy, error, run } = useDoing()
  const set = (hours: { from?: string; to?: string; zone?: string }, done: string): void =>
    void run(async () => setNow((await act('decisions.quiet', hours)).quiet), done)
  return (
    <form
      class="panel"
      onSubmit={(event) => {
        event.preventDefault()
        set({ from, to, zone: ZONE }, 'Quiet hours are set.')
      }}
    >
      <p>
        {now
          ? `From ${now.from} to ${now.to} (${now.zone}) only what is urgent reaches you.`
          : 'No quiet hours are set: cards reach you at any hour. Urgent ones always do.'}
      </p>
      <div class="inline-form">
        <label class="field">
          <span>From</span>
          <input type="time" required value={from} onInput={(event) => setFrom(event.currentTarget.value)} />
        </label>
        <label class="field">
          <span>To</span>
          <input type="time" required value={to} onInput={(event) => setTo(event.currentTarget.value)} />
        </label>
      </div>
      <div class="buttons">
        <button type="submit" disabled={busy}>
          Set
        </button>
        {now ? (
          <button type="button" class="quiet" disabled={busy} onClick={() => set({}, 'Quiet hours are off.')}>
            Turn off
          </button>
        ) : null}
      </div>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </form>
  )
}
