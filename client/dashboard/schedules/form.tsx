import { useState } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing, wordsOf } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { Field } from './field.tsx'
import { type Draft, fieldOf, ownZone, ruleOf, type Schedule } from './words.ts'

const RULES = {
  at: { name: 'Once, at', hint: 'Like: in 2h, 17:30, tomorrow 9am, friday 09:00, 2026-12-24 18:00' },
  every: { name: 'Every', hint: 'Like: 15m, 2h, 1d' },
  cron: { name: 'By a cron pattern', hint: 'Minute, hour, day of the month, month, day of the week. 0 9 * * 1-5 is 09:00 on weekdays' },
} as const

interface ScheduleFormProps {
  /** What is changed; without it a new one is made. */
  readonly of?: Schedule
  /** With what was made or changed; without it, nothing was. */
  readonly onClose: (made?: Schedule) => void
}

/** When, to whom and what; the daemon says what is wrong with it at the field that it is about. */
export function ScheduleForm({ of, onClose }: ScheduleFormProps) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(of))
  const [wrong, setWrong] = useState<{ readonly field: ReturnType<typeof fieldOf>; readonly says: string }>()
  const { busy, run } = useDoing()
  const set = (more: Partial<Draft>): void => setDraft({ ...draft, ...more })
  const saysAt = (field: NonNullable<ReturnType<typeof fieldOf>>): string | undefined => (wrong?.field === field ? wrong.says : undefined)
  const submit = async (): Promise<void> => {
    setWrong(undefined)
    const work = async (): Promise<void> => {
      try {
        onClose((await save(draft, of)).schedule)
      } catch (error) {
        const field = fieldOf(error)
        setWrong({ field, says: wordsOf(error) })
        throw error
      }
    }
    await run(work, of ? 'The schedule was changed.' : 'The schedule was made.')
  }
  return (
    <Dialog title={of ? 'Change the schedule' : 'New schedule'} onClose={() => onClose()}>
      <form
        class="confirm"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {of ? null : <Recipient draft={draft} set={set} says={saysAt('to')} />}
        <Field label="What it says" error={saysAt('body')}>
          {(props) => (
            <textarea {...props} rows={3} dir="auto" required value={draft.body} onInput={({ currentTarget }) => set({ body: currentTarget.value })} />
          )}
        </Field>
        <When draft={draft} set={set} says={saysAt('when')} zoneSays={saysAt('zone')} />
        <Field label="Name, so that you find it (optional)" error={saysAt('label')}>
          {(props) => <input {...props} maxLength={80} dir="auto" value={draft.label} onInput={({ currentTarget }) => set({ label: currentTarget.value })} />}
        </Field>
        {wrong && wrong.field === undefined ? <ErrorNote>{wrong.says}</ErrorNote> : null}
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy || connection.value.state !== 'online'}>
            {busy ? 'Sending…' : of ? 'Change it' : 'Make it'}
          </button>
          <button type="button" onClick={() => onClose()}>
            Leave it
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface PartProps {
  readonly draft: Draft
  readonly set: (more: Partial<Draft>) => void
  readonly says: string | undefined
}

function Recipient({ draft, set, says }: PartProps) {
  const { data } = useLive('peers.list', { limit: 200 }, ['peer'])
  const names = data?.peers.filter(({ role }) => role === 'agent' || role === 'orchestrator') ?? []
  return (
    <div class="schedule-to">
      <Field label="To" hint="Nobody: to yourself" error={says}>
        {(props) => (
          <>
            <input
              {...props}
              list="schedule-peers"
              autocapitalize="off"
              autocomplete="off"
              spellcheck={false}
              value={draft.to}
              onInput={({ currentTarget }) => set({ to: currentTarget.value })}
            />
            <datalist id="schedule-peers">
              {names.map(({ id, name, circle, description }) => (
                <option key={id} value={`${name}@${circle}`}>
                  {description}
                </option>
              ))}
            </datalist>
          </>
        )}
      </Field>
      <label class="field">
        <span>As</span>
        <select value={draft.kind} onChange={({ currentTarget }) => set({ kind: currentTarget.value as Draft['kind'] })}>
          <option value="notify">a notify</option>
          <option value="ask">an ask</option>
        </select>
      </label>
    </div>
  )
}

function When({ draft, set, says, zoneSays }: PartProps & { readonly zoneSays: string | undefined }) {
  return (
    <>
      <div class="schedule-when">
        <label class="field">
          <span>When</span>
          <select value={draft.rule} onChange={({ currentTarget }) => set({ rule: currentTarget.value as Draft['rule'] })}>
            {Object.entries(RULES).map(([rule, { name }]) => (
              <option key={rule} value={rule}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <Field label="Time" hint={RULES[draft.rule].hint} error={says}>
          {(props) => (
            <input
              {...props}
              autocapitalize="off"
              autocomplete="off"
              spellcheck={false}
              required
              value={draft.when}
              onInput={({ currentTarget }) => set({ when: currentTarget.value })}
            />
          )}
        </Field>
      </div>
      {draft.rule === 'every' ? null : (
        <Field label="Time zone" error={zoneSays}>
          {(props) => (
            <input {...props} autocomplete="off" spellcheck={false} value={draft.zone} onInput={({ currentTarget }) => set({ zone: currentTarget.value })} />
          )}
        </Field>
      )}
      <Coming draft={draft} />
    </>
  )
}

/** When it would fire, as far as the daemon makes sense of it. */
function Coming({ draft }: { readonly draft: Draft }) {
  const when = draft.when.trim()
  const { data, error } = useLive('schedules.preview', when === '' ? undefined : { ...timingOf(draft), count: 3 }, [])
  if (when === '' || error || !data) return null
  const words = draft.rule === 'at' ? '' : `${ruleOf({ at: null, cron: draft.rule === 'cron' ? when : null, every: draft.rule === 'every' ? when : null })}. `
  return (
    <p class="soft" role="status">
      {words}
      {data.occurrences.length === 0 ? 'It would never fire.' : 'It would fire '}
      {data.occurrences.map(({ at }, index) => (
        <span key={at}>
          {index > 0 ? ', then ' : null}
          <Time at={at} as="clock" />
        </span>
      ))}
      {data.occurrences.length > 0 ? ' in your time.' : null}
    </p>
  )
}

function draftOf(of: Schedule | undefined): Draft {
  const rule = of?.cron ? 'cron' : of?.every ? 'every' : 'at'
  return {
    to: of?.to ?? '',
    kind: of?.kind ?? 'notify',
    body: of?.body ?? '',
    label: of?.label ?? '',
    rule,
    when: of?.cron ?? of?.every ?? of?.at ?? '',
    zone: of?.zone ?? ownZone(),
  }
}

function timingOf({ rule, when, zone }: Draft): { readonly at?: string; readonly cron?: string; readonly every?: string; readonly zone?: string } {
  return { [rule]: when.trim(), ...(rule !== 'every' && zone.trim() !== '' && { zone: zone.trim() }) }
}

function save(draft: Draft, of: Schedule | undefined): Promise<{ readonly schedule: Schedule }> {
  const label = draft.label.trim()
  const timing = timingOf(draft)
  if (of) return act('schedules.edit', { schedule: of.id, body: draft.body, label: label === '' ? null : label, ...timing })
  const to = draft.to.trim()
  return act('schedules.create', { body: draft.body, kind: draft.kind, ...(to !== '' && { to }), ...(label !== '' && { label }), ...timing })
}
