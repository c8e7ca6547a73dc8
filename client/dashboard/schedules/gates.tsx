import { Plus, X } from 'lucide'
import { useId } from 'preact/hooks'
import { Icon } from '../parts/icon.tsx'
import type { Draft, FormField } from './draft.ts'
import { GATES, type Gate, type GateDraft } from './gate-words.ts'

const FIRST: GateDraft = { if: 'silent', not: false, value: '', peer: '' }

interface GatesProps {
  readonly gates: readonly GateDraft[]
  readonly set: (more: Pick<Draft, 'gates'>) => void
  readonly saysAt: (field: FormField) => string | undefined
}

/** What must be true for it to fire: all of it. */
export function Gates({ gates, set, saysAt }: GatesProps) {
  const change = (index: number, more: Partial<GateDraft>): void => set({ gates: gates.map((gate, each) => (each === index ? { ...gate, ...more } : gate)) })
  const error = saysAt('gates')
  return (
    <fieldset class="gates">
      <legend>Only if</legend>
      {gates.length === 0 ? <p class="soft">It fires each time. Add a condition to have it fire only where that is true.</p> : null}
      {gates.map((gate, index) => (
        <GateRow
          key={index}
          of={gate}
          error={saysAt(`gate ${index}`)}
          change={(more) => change(index, more)}
          remove={() => set({ gates: gates.filter((_, each) => each !== index) })}
        />
      ))}
      {error ? (
        <p class="field-error" role="alert">
          {error}
        </p>
      ) : null}
      <button type="button" class="small" onClick={() => set({ gates: [...gates, FIRST] })}>
        <Icon of={Plus} /> Add a condition
      </button>
    </fieldset>
  )
}

interface GateRowProps {
  readonly of: GateDraft
  readonly error: string | undefined
  readonly change: (more: Partial<GateDraft>) => void
  readonly remove: () => void
}

function GateRow({ of, error, change, remove }: GateRowProps) {
  const id = useId()
  const { value, ofPeer } = GATES[of.if]
  const wrong = { 'aria-invalid': error !== undefined, 'aria-describedby': `${id}-error` }
  return (
    <div class="gate">
      {ofPeer ? (
        <input
          {...wrong}
          aria-label="Who"
          placeholder="the recipient"
          list="schedule-peers"
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={of.peer}
          onInput={({ currentTarget }) => change({ peer: currentTarget.value })}
        />
      ) : null}
      <select
        aria-label="Condition"
        value={`${of.if} ${of.not}`}
        onChange={({ currentTarget }) => {
          const [fact, not] = currentTarget.value.split(' ')
          change({ if: fact as Gate['if'], not: not === 'true', ...(fact !== of.if && { value: '' }) })
        }}
      >
        {Object.entries(GATES).map(([fact, { says, saysNot, ofPeer: hasPeer }]) =>
          [says, saysNot].map((words, index) => (
            <option key={words} value={`${fact} ${index === 1}`}>
              {hasPeer ? words : `the thread ${words}`}
            </option>
          )),
        )}
      </select>
      {value ? (
        <input
          {...wrong}
          aria-label={value.label}
          placeholder={value.hint}
          required={value.optional !== true}
          autocapitalize="off"
          autocomplete="off"
          spellcheck={false}
          value={of.value}
          onInput={({ currentTarget }) => change({ value: currentTarget.value })}
        />
      ) : null}
      <button type="button" class="quiet" onClick={remove}>
        <Icon of={X} label="Remove the condition" />
      </button>
      <p id={`${id}-error`} class="field-error" {...(error && { role: 'alert' })}>
        {error}
      </p>
    </div>
  )
}
