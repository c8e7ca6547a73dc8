import { useState } from 'preact/hooks'
import { Section } from '../parts/page.tsx'
import { ErrorNote, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { useLive } from '../session/live.ts'

/** The passphrase by which a terminal has one operation done in this person's name. */
export function Passphrase() {
  const found = useLive('passphrase.state', {}, ['passphrase', 'credential'])
  return (
    <Section title="Passphrase">
      <p class="soft">
        With it, <code>muster as-person --passphrase</code> does one thing in your name on a terminal, without this device. Whoever knows it can do the same,
        programs that watch the terminal among them. Without one, a terminal asks here each time.
      </p>
      <Loaded of={found} lines={1}>
        {({ passphrase }) => (
          <>
            <p>
              {passphrase.isSet && passphrase.setAt ? (
                <>
                  Set <Time at={passphrase.setAt} /> on {passphrase.device}.
                </>
              ) : (
                'No passphrase is set.'
              )}
            </p>
            {passphrase.wrong > 0 ? <ErrorNote>Wrong passphrases since the last right one: {passphrase.wrong}.</ErrorNote> : null}
            <Change isSet={passphrase.isSet} />
          </>
        )}
      </Loaded>
    </Section>
  )
}

function Change({ isSet }: { readonly isSet: boolean }) {
  const [text, setText] = useState('')
  const [again, setAgain] = useState('')
  const { busy, error, run } = useDoing()
  const isSame = text === again
  const set = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (!isSame || !(await run(() => act('passphrase.set', { passphrase: text }), 'The passphrase is set.'))) return
    setText('')
    setAgain('')
  }
  return (
    <form class="panel" onSubmit={set}>
      <label class="field">
        <span>New passphrase</span>
        <input type="password" autocomplete="new-password" required value={text} onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <label class="field">
        <span>Once more</span>
        <input type="password" autocomplete="new-password" required value={again} onInput={(event) => setAgain(event.currentTarget.value)} />
      </label>
      {again !== '' && !isSame ? <p class="soft">The two do not match.</p> : null}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
      <div class="buttons">
        <button type="submit" disabled={busy || !isSame || text === ''}>
          {isSet ? 'Change' : 'Set'}
        </button>
        {isSet ? (
          <button type="button" class="quiet" disabled={busy} onClick={() => void run(() => act('passphrase.clear', {}), 'The passphrase was removed.')}>
            Remove
          </button>
        ) : null}
      </div>
    </form>
  )
}
