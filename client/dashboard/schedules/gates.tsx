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

/** Who or which thread, what is true of it, and for how long or of which review. */
function GateRow({ of, error, change, remove }: GateRowProps) {
  const id = useId()
  const { value, ofPeer } = GATES[of.if]
  const wrong = { 'aria-invalid': error !== undefined, 'aria-describedby': `${id}-error` }
  return (
    <div class="gate">
      <div class="gate-line">
        {ofPeer ? (
          <Text {...wrong} label="Who" placeholder="the recipient" list="schedule-peers" value={of.peer} onText={(peer) => change({ peer })} />
        ) : (
          <Text {...wrong} label="Thread" placeholder="the id of a thread" required value={of.value} onText={(text) => change({ value: text })} />
        )}
        <button type="button" class="quiet" onClick={remove}>
          <Icon of={X} label="Remove the condition" />
        </button>
      </div>
      <div class="gate-line">
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
                {hasPeer ? words : `${words} (a thread)`}
              </option>
            )),
          )}
        </select>
        {value ? (
          <Text
            {...wrong}
            label={value.label}
            placeholder={value.hint}
            required={value.optional !== true}
            value={of.value}
            onText={(text) => change({ value: text })}
          />
        ) : null}
      </div>
      <p id={`${id}-error`} class="field-error" {...(error && { role: 'alert' })}>
        {error}
      </p>
    </div>
  )
}

interface TextProps {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onText: (text: string) => void
  readonly required?: boolean
  readonly list?: string
  readonly 'aria-invalid': boolean
  readonly 'aria-describedby': string
}

function Text({ label, onText, ...props }: TextProps) {
  return (
    <input
      {...props}
      type="text"
      aria-label={label}
      autocapitalize="off"
      autocomplete="off"
      spellcheck={false}
      onInput={({ currentTarget }) => onText(currentTarget.value)}
    />
  )
}
