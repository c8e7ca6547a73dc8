import { useId } from 'preact/hooks'
import { Badge } from '../parts/badge.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import type { Pairing } from './needs.ts'

/** A device that waits to become a person's: the same digits must stand on it. */
export function PairingNeed({ of }: { readonly of: Pairing }) {
  const { busy, error, run } = useDoing()
  const id = useId()
  const isOff = busy || connection.value.state !== 'online'
  const { comparison } = of
  return (
    <article class="card card-urgent" aria-labelledby={id}>
      <header class="card-header">
        <Badge tone="warn">New device</Badge>
        <span class="soft">
          ends in <Time at={of.expiresAt} as="countdown" />
        </span>
      </header>
      <h3 id={id} class="card-question">
        Does <bdi>{visible(of.device ?? '')}</bdi> show these digits?
      </h3>
      <p class="digits">{comparison}</p>
      <p class="soft">
        It would speak and decide for <bdi>{visible(of.person)}</bdi>. Confirm only what you hold in your hands.
        {of.reused > 0 ? ' Somebody has used the code a second time: cancel, unless it was you.' : ''}
      </p>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
      <div class="buttons apart">
        <button
          type="button"
          class="primary"
          disabled={isOff || comparison === null}
          onClick={() => void run(() => act('pairings.confirm', { pairing: of.id, comparison: comparison ?? '' }), `${of.device} is paired.`)}
        >
          {busy ? 'Sending…' : 'Yes, the same'}
        </button>
        <button
          type="button"
          class="danger"
          disabled={isOff}
          onClick={() => void run(() => act('pairings.cancel', { pairing: of.id }), 'The pairing was cancelled. The device is not paired.')}
        >
          No, cancel
        </button>
      </div>
    </article>
  )
}
