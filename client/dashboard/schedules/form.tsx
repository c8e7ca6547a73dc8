import { useState } from 'preact/hooks'
import { isSelector } from '../parts/addresses.ts'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { wordsAtField, wordsOf } from '../session/error-words.ts'
import { useLive } from '../session/live.ts'
import { changesOf, creationOf, type Draft, draftOf, type FormField, fieldOf, newDraft, type Schedule, timingOf, usesZone } from './draft.ts'
import { Field } from './field.tsx'
import { More } from './more.tsx'
import { ownZone, ruleOf } from './words.ts'

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

interface Wrong {
  readonly field: FormField | undefined
  readonly says: string
}

/** When, to whom and what; the daemon says what is wrong with it at the field that it is about. */
export function ScheduleForm({ of, onClose }: ScheduleFormProps) {
  const [before] = useState(() => (of ? draftOf(of, Date.now()) : newDraft(ownZone())))
  const [draft, setDraft] = useState(before)
  const [wrong, setWrong] = useState<Wrong>()
  const { busy, run } = useDoing()
  const set = (more: Partial<Draft>): void => setDraft({ ...draft, ...more })
  const saysAt = (field: FormField): string | undefined => (wrong?.field === field ? wrong.says : undefined)
  const save = (): Promise<{ readonly schedule: Schedule }> =>
    of ? act('schedules.edit', { schedule: of.id, ...changesOf(draft, before) }) : act('schedules.create', creationOf(draft))
  const submit = async (): Promise<void> => {
    setWrong(undefined)
    const work = async (): Promise<void> => {
      try {
        onClose((await save()).schedule)
      } catch (error) {
        const field = fieldOf(error)
        setWrong({ field, says: field === undefined ? wordsOf(error) : wordsAtField(error) })
        throw error
      }
    }
    await run(work, of ? 'The schedule was changed.' : 'The schedule was created.')
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
        <Peers />
        {of ? null : <Recipient draft={draft} set={set} saysAt={saysAt} />}
        <Field label="What it says" error={saysAt('body')}>
          {(props) => (
            <textarea {...props} rows={3} dir="auto" required value={draft.body} onInput={({ currentTarget }) => set({ body: currentTarget.value })} />
          )}
        </Field>
        <When draft={draft} set={set} saysAt={saysAt} />
        <Coming draft={draft} />
        <Field label="Name, so that you find it (optional)" error={saysAt('label')}>
          {(props) => <input {...props} maxLength={80} dir="auto" value={draft.label} onInput={({ currentTarget }) => set({ label: currentTarget.value })} />}
        </Field>
        <More draft={draft} set={set} wrong={wrong?.field} saysAt={saysAt} />
        {wrong && wrong.field === undefined ? <ErrorNote>{wrong.says}</ErrorNote> : null}
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy || connection.value.state !== 'online'}>
            {busy ? 'Sending…' : of ? 'Save' : 'Create'}
          </button>
          <button type="button" onClick={() => onClose()}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}

/** Whom there is to choose from, at every field that takes a peer. */
function Peers() {
  const { data } = useLive('peers.list', { limit: 200 }, ['peer'])
  const crew = data?.peers.filter(({ role }) => role === 'agent' || role === 'orchestrator') ?? []
  return (
    <datalist id="schedule-peers">
      {crew.map(({ id, name, circle, description }) => (
        <option key={id} value={`${name}@${circle}`}>
          {description}
        </option>
      ))}
    </datalist>
  )
}

interface PartProps {
  readonly draft: Draft
  readonly set: (more: Partial<Draft>) => void
  readonly saysAt: (field: FormField) => string | undefined
}

function Recipient({ draft, set, saysAt }: PartProps) {
  return (
    <>
      <div class="schedule-to">
        <Field label="To" hint="Leave it empty to send it to yourself." error={saysAt('to')}>
          {(props) => (
            <input
              {...props}
              list="schedule-peers"
              autocapitalize="off"
              autocomplete="off"
              spellcheck={false}
              value={draft.to}
              onInput={({ currentTarget }) => set({ to: currentTarget.value })}
            />
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
      {isSelector(draft.to.trim()) ? (
        <label class="field">
          <span>Who gets it</span>
          <select value={draft.select} onChange={({ currentTarget }) => set({ select: currentTarget.value as Draft['select'] })}>
            <option value="all">All of them</option>
            <option value="one">One of them</option>
          </select>
        </label>
      ) : null}
    </>
  )
}

function When({ draft, set, saysAt }: PartProps) {
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
        <Field label="Time" hint={RULES[draft.rule].hint} error={saysAt('when')}>
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
      {usesZone(draft) ? (
        <Field label="Time zone" error={saysAt('zone')}>
          {(props) => (
            <input {...props} autocomplete="off" spellcheck={false} value={draft.zone} onInput={({ currentTarget }) => set({ zone: currentTarget.value })} />
          )}
        </Field>
      ) : null}
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
