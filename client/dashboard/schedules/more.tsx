import { useEffect, useState } from 'preact/hooks'
import { type Draft, type FormField, hasMore, isBehindMore } from './draft.ts'
import { Field } from './field.tsx'
import { Gates } from './gates.tsx'

interface MoreProps {
  readonly draft: Draft
  readonly set: (more: Partial<Draft>) => void
  /** Where the daemon said something, and what it said there. */
  readonly wrong: FormField | undefined
  readonly saysAt: (field: FormField) => string | undefined
}

/** What most schedules do without. It is open where something of it is set, and where something in it is wrong. */
export function More({ draft, set, wrong, saysAt }: MoreProps) {
  const [isOpen, setOpen] = useState(() => hasMore(draft))
  useEffect(() => {
    if (isBehindMore(wrong)) setOpen(true)
  }, [wrong])
  return (
    <details class="schedule-more" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>More</summary>
      {isOpen ? <Contents draft={draft} set={set} saysAt={saysAt} /> : null}
    </details>
  )
}

function Contents({ draft, set, saysAt }: PartProps) {
  return (
    <div class="schedule-options">
      <Gates gates={draft.gates} set={set} saysAt={saysAt} />
      {draft.kind === 'ask' ? <OfAsks draft={draft} set={set} saysAt={saysAt} /> : null}
      {draft.rule === 'at' ? null : <Recurring draft={draft} set={set} saysAt={saysAt} />}
      <div class="schedule-pair">
        <Field label="Random delay" hint="It fires up to this much later. Like: 5m" error={saysAt('jitter')}>
          {(props) => <input {...props} {...PLAIN} value={draft.jitter} onInput={({ currentTarget }) => set({ jitter: currentTarget.value })} />}
        </Field>
        <Field label="Priority" error={saysAt('priority')}>
          {(props) => (
            <select {...props} value={draft.priority} onChange={({ currentTarget }) => set({ priority: currentTarget.value as Draft['priority'] })}>
              <option value="normal">Normal</option>
              <option value="urgent">Urgent</option>
              <option value="low">Low</option>
            </select>
          )}
        </Field>
      </div>
      <Missed draft={draft} set={set} saysAt={saysAt} />
    </div>
  )
}

const PLAIN = { autocapitalize: 'off', autocomplete: 'off', spellcheck: false } as const

type PartProps = Omit<MoreProps, 'wrong'>

function OfAsks({ draft, set, saysAt }: PartProps) {
  return (
    <div class="schedule-pair">
      <Field label="Answer within" hint="Like: 30m, 24h. Leave it empty for a day." error={saysAt('deadline')}>
        {(props) => <input {...props} {...PLAIN} value={draft.deadline} onInput={({ currentTarget }) => set({ deadline: currentTarget.value })} />}
      </Field>
      <Field label="If the last one is still open" error={saysAt('overlap')}>
        {(props) => (
          <select {...props} value={draft.overlap} onChange={({ currentTarget }) => set({ overlap: currentTarget.value as Draft['overlap'] })}>
            <option value="skip">Ask nothing new</option>
            <option value="allow">Ask all the same</option>
          </select>
        )}
      </Field>
    </div>
  )
}

/** For what comes again. */
function Recurring({ draft, set, saysAt }: PartProps) {
  return (
    <>
      <Field label="Quiet hours" hint="It does not fire between these times of day." error={saysAt('quiet')}>
        {(props) => (
          <span class="schedule-quiet">
            <input {...props} type="time" value={draft.quietFrom} onInput={({ currentTarget }) => set({ quietFrom: currentTarget.value })} />
            <span>to</span>
            <input
              type="time"
              aria-label="End of the quiet hours"
              aria-invalid={props['aria-invalid']}
              value={draft.quietTo}
              onInput={({ currentTarget }) => set({ quietTo: currentTarget.value })}
            />
          </span>
        )}
      </Field>
      <div class="schedule-pair">
        <Field label="Not before" hint="Like: tomorrow 9am" error={saysAt('startAt')}>
          {(props) => <input {...props} {...PLAIN} value={draft.startAt} onInput={({ currentTarget }) => set({ startAt: currentTarget.value })} />}
        </Field>
        <Field label="Not after" hint="Like: 2026-12-24 18:00" error={saysAt('endAt')}>
          {(props) => <input {...props} {...PLAIN} value={draft.endAt} onInput={({ currentTarget }) => set({ endAt: currentTarget.value })} />}
        </Field>
      </div>
      <Field label="Ends after so many times" hint="Leave it empty to go on without end." error={saysAt('maxRuns')}>
        {(props) => <Count props={props} value={draft.maxRuns} onInput={(maxRuns) => set({ maxRuns })} />}
      </Field>
    </>
  )
}

/** What becomes of what fell due while the daemon was down. */
function Missed({ draft, set, saysAt }: PartProps) {
  return (
    <>
      <Field label="If it was missed while the daemon was down" error={saysAt('missed')}>
        {(props) => (
          <select {...props} value={draft.missed} onChange={({ currentTarget }) => set({ missed: currentTarget.value as Draft['missed'] })}>
            <option value="once">Send one for all that was missed</option>
            <option value="all">Send each that was missed</option>
            <option value="skip">Send none</option>
          </select>
        )}
      </Field>
      {draft.missed === 'skip' ? null : (
        <div class="schedule-pair">
          <Field label="Only if missed within" hint="Like: 2h. Leave it empty for any time." error={saysAt('missedWindow')}>
            {(props) => <input {...props} {...PLAIN} value={draft.missedWindow} onInput={({ currentTarget }) => set({ missedWindow: currentTarget.value })} />}
          </Field>
          {draft.missed === 'all' ? (
            <Field label="At most" error={saysAt('missedCap')}>
              {(props) => <Count props={props} value={draft.missedCap} onInput={(missedCap) => set({ missedCap })} required />}
            </Field>
          ) : null}
        </div>
      )}
    </>
  )
}

interface CountProps {
  readonly props: object
  readonly value: string
  readonly onInput: (value: string) => void
  readonly required?: boolean
}

function Count({ props, value, onInput, required = false }: CountProps) {
  return (
    <input
      {...props}
      type="number"
      inputMode="numeric"
      min={1}
      step={1}
      required={required}
      value={value}
      onInput={({ currentTarget }) => onInput(currentTarget.value)}
    />
  )
}
