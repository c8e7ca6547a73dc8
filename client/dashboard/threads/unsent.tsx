import { RotateCw, Trash2 } from 'lucide'
import { Badge } from '../parts/badge.tsx'
import { Icon } from '../parts/icon.tsx'
import { visible } from '../parts/plain-text.ts'
import { Time } from '../parts/time.tsx'
import { connection } from '../session/connection.ts'
import { discard, type Outgoing, outgoing, sayAgain } from '../session/outgoing.ts'

interface UnsentProps {
  /** Of which place; without it, of all that would open a thread. */
  readonly about?: string
}

const OPENS: ReadonlySet<string> = new Set(['threads.ask', 'threads.notify'])

/** What was said here and of which the daemon has not said that it is stored. */
export function Unsent({ about }: UnsentProps) {
  const left = outgoing.value.filter((each) => (about === undefined ? OPENS.has(each.operation) : each.about === about))
  if (left.length === 0) return null
  return (
    <ul class="unsent" aria-label="Not stored yet">
      {left.map((each) => (
        <li key={each.key}>
          <One of={each} isNamed={about === undefined} />
        </li>
      ))}
    </ul>
  )
}

function One({ of, isNamed }: { readonly of: Outgoing; readonly isNamed: boolean }) {
  return (
    <div class="message message-mine message-unsent">
      <p class="message-head">
        {of.refused === undefined ? <Badge tone="warn">On its way</Badge> : <Badge tone="bad">Not sent</Badge>}
        {isNamed ? (
          <span>
            to <bdi>{of.about}</bdi>
          </span>
        ) : null}
        <span class="soft">
          <Time at={new Date(of.at).toISOString()} as="clock" />
        </span>
      </p>
      <p class="message-plain" dir="auto">
        {visible(of.text)}
      </p>
      <p class="soft">
        {of.refused ?? (connection.value.state === 'online' ? 'The daemon has not confirmed it yet.' : 'It is kept here, and sent when the daemon is back.')}
      </p>
      {of.refused === undefined ? null : (
        <p class="buttons">
          <button type="button" class="small" onClick={() => void sayAgain(of)}>
            <Icon of={RotateCw} /> Try again
          </button>
          <button type="button" class="small" onClick={() => discard(of)}>
            <Icon of={Trash2} /> Discard
          </button>
        </p>
      )}
    </div>
  )
}
