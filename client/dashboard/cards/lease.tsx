import { useState } from 'preact/hooks'
import { exactText } from '../../../src/exact-text.ts'
import { Dialog } from '../parts/dialog.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { type Card, type Letter, scopeOf, shownValue } from './words.ts'

const LASTS = [
  ['30m', '30 minutes'],
  ['2h', '2 hours'],
  ['8h', '8 hours'],
  ['24h', '1 day'],
  ['168h', '7 days'],
  ['720h', '30 days'],
] as const
const MAX_USES = 1_000

interface LeaseProps {
  readonly card: Card
  readonly note: string
  readonly onClose: () => void
  readonly onDecided: (card: Card) => void
}

/** A yes to what comes, too: how often, how long, and which arguments have to be as they are now. */
export function LeaseDialog({ card, note, onClose, onDecided }: LeaseProps) {
  const given = card.action?.arguments ?? {}
  const [kept, setKept] = useState<ReadonlySet<string>>(new Set(Object.keys(given)))
  const [count, setCount] = useState(10)
  const [lasts, setLasts] = useState('2h')
  const { busy, error, run } = useDoing()
  const scope = scopeOf(given, kept)
  const bounds = scope === undefined ? {} : { scope }
  const approving = card.options.filter(({ does }) => does === 'approve')
  const [option, setOption] = useState<Letter>(approving[0]?.letter ?? 'a')
  const isCount = Number.isInteger(count) && count >= 1 && count <= MAX_USES
  const grant = async (): Promise<void> => {
    const said = note.trim() === '' ? {} : { note: note.trim() }
    const done = await run(async () => {
      const { card: decided } = await act('decisions.resolve', { card: card.id, option, ...said, lease: { ...bounds, count, for: lasts } })
      onDecided(decided)
    }, 'Approved in advance. The lease is listed under Approvals.')
    if (done) onClose()
  }
  const keep = (name: string, isKept: boolean): void => setKept(new Set([...kept, name].filter((each) => isKept || each !== name)))
  return (
    <Dialog title="Approve more than once" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void grant()
        }}
      >
        <p class="lease-action">
          <code>{exactText(card.action?.name ?? '')}</code>
        </p>
        {approving.length > 1 ? (
          <label class="field">
            <span>Option</span>
            <select value={option} onChange={({ currentTarget }) => setOption(currentTarget.value as Letter)}>
              {approving.map(({ letter, text }) => (
                <option key={letter} value={letter}>
                  {letter.toUpperCase()}: {visible(text)}
                </option>
              ))}
            </select>
          </label>
        ) : null}
        <div class="lease-bounds">
          <label class="field">
            <span>Up to how many times</span>
            <input
              type="number"
              inputMode="numeric"
              min={1}
              max={MAX_USES}
              required
              value={count}
              onInput={({ currentTarget }) => setCount(currentTarget.valueAsNumber)}
            />
          </label>
          <label class="field">
            <span>For</span>
            <select value={lasts} onChange={({ currentTarget }) => setLasts(currentTarget.value)}>
              {LASTS.map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        </div>
        <Scope given={given} kept={kept} keep={keep} />
        <Preview card={card} bounds={bounds} />
        {error ? <ErrorNote>{error}</ErrorNote> : null}
        <div class="buttons">
          <button type="submit" class="primary" disabled={busy || !isCount || connection.value.state !== 'online'}>
            {busy ? 'Sending…' : `Approve ${isCount ? `up to ${count} times` : ''}`}
          </button>
          <button type="button" onClick={onClose}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}

interface ScopeProps {
  readonly given: Readonly<Record<string, unknown>>
  readonly kept: ReadonlySet<string>
  readonly keep: (name: string, isKept: boolean) => void
}

function Scope({ given, kept, keep }: ScopeProps) {
  const names = Object.keys(given)
  if (names.length === 0) return <p class="soft">The action has no arguments, and must have none each time.</p>
  return (
    <fieldset class="lease-scope">
      <legend>What must be the same each time</legend>
      {names.map((name) => (
        <label key={name} class="check">
          <input type="checkbox" checked={kept.has(name)} onChange={({ currentTarget }) => keep(name, currentTarget.checked)} />
          <span>
            <bdi>{exactText(name)}</bdi> <code dir="auto">{shownValue(given[name])}</code>
          </span>
        </label>
      ))}
      <p class="soft">
        {kept.size < names.length ? 'What is not ticked may be anything, and so may what is not listed here.' : 'And there must be no others.'}
      </p>
    </fieldset>
  )
}

/** How many of the past answers it would have matched: a lease that would have let through what was denied is too wide. */
function Preview({ card, bounds }: { readonly card: Card; readonly bounds: { readonly scope?: Record<string, unknown> } }) {
  const { data } = useLive('approvals.preview', { card: card.id, ...bounds }, ['decision'])
  if (!data) return <p class="soft">Looking at past answers…</p>
  if (data.examined === 0) return <p class="soft">Nobody has decided on this action before.</p>
  return (
    <p class={data.denied > 0 ? 'lease-preview lease-wide' : 'lease-preview'} role="status">
      Of the {data.examined === 1 ? 'one past answer' : `last ${data.examined} answers`} to this action it would have covered {data.approved} approved
      {data.denied > 0 ? (
        <>
          {' '}
          and <strong>{data.denied} denied</strong>
        </>
      ) : null}
      .
    </p>
  )
}
