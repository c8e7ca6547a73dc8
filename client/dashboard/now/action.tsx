import { useId, useState } from 'preact/hooks'
import { Arguments } from '../cards/arguments.tsx'
import { Badge } from '../parts/badge.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import type { PersonAction } from './needs.ts'

/** A terminal wants one thing done in this person's name: exactly what, and the digits that prove that the person sits there. */
export function ActionNeed({ of }: { readonly of: PersonAction }) {
  const [code, setCode] = useState('')
  const { busy, error, run } = useDoing()
  const id = useId()
  const isOff = busy || connection.value.state !== 'online'
  return (
    <article class="card card-urgent" aria-labelledby={id}>
      <header class="card-header">
        <Badge tone="warn">In your name</Badge>
        <span class="soft">
          {of.proposedBy ? <PeerName of={of.proposedBy} /> : 'A terminal of the daemon’s machine'} · ends in <Time at={of.expiresAt} as="countdown" />
        </span>
      </header>
      <h3 id={id} class="card-question">
        Do <code>{visible(of.operation)}</code>?
      </h3>
      <div class="card-action">{Object.keys(of.input).length === 0 ? <p class="soft">Without input.</p> : <Arguments of={of.input} />}</div>
      <form
        class="need-digits"
        onSubmit={(event) => {
          event.preventDefault()
          void run(() => act('actions.approve', { action: of.id, code }), `${of.operation} was done in your name.`)
        }}
      >
        <label for={`${id}-code`}>The four digits that the terminal shows</label>
        <input
          id={`${id}-code`}
          class="digits"
          inputMode="numeric"
          autocomplete="one-time-code"
          pattern="[0-9]{4}"
          maxLength={4}
          required
          value={code}
          onInput={({ currentTarget }) => setCode(currentTarget.value.replaceAll(/\D/g, ''))}
        />
        <p class="soft">You are not at a terminal? Then somebody else wants this: reject it.</p>
        {error ? <ErrorNote>{error}</ErrorNote> : null}
        <div class="buttons apart">
          <button type="submit" class="primary" disabled={isOff || code.length !== 4}>
            {busy ? 'Sending…' : 'Do it in my name'}
          </button>
          <button
            type="button"
            class="danger"
            disabled={isOff}
            onClick={() => void run(() => act('actions.reject', { action: of.id }), 'The action was rejected. Nothing was done.')}
          >
            Reject
          </button>
        </div>
      </form>
    </article>
  )
}
