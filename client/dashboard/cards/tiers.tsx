import './cards.css'
import { useState } from 'preact/hooks'
import type { Output } from '../../browser.ts'
import { Page, Section } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote, Loaded } from '../parts/states.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { useCircles } from '../session/circles.ts'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { DECISION_TABS } from './tabs.ts'

type Rule = Output<'tiers.list'>['tiers'][number]
type Tier = Rule['tier']

const TIERS: Readonly<Record<Tier, string>> = {
  autonomous: 'Allowed',
  notify: 'Allowed, you are told',
  gate: 'Needs approval',
}

/** What each kind of action needs, circle by circle. */
export function TiersPage() {
  const circles = useCircles()
  return (
    <Page title="What needs approval">
      <Tabs label="Decisions" of={DECISION_TABS} />
      <p class="soft">An agent that asks whether an action may happen names its kind. A kind that is not listed waits for approval.</p>
      <Loaded of={circles}>{(all) => all.map(({ id, name }) => <CircleTiers key={id} circle={name} />)}</Loaded>
    </Page>
  )
}

function CircleTiers({ circle }: { readonly circle: string }) {
  const found = useLive('tiers.list', { circle }, ['tier'])
  return (
    <Section title={circle}>
      <Loaded of={found}>
        {({ tiers }) => (
          <ul class="rows">
            {tiers.map((rule) => (
              <li key={rule.kind}>
                <TierRow rule={rule} />
              </li>
            ))}
            <li>
              <NewTier circle={circle} />
            </li>
          </ul>
        )}
      </Loaded>
    </Section>
  )
}

function TierRow({ rule: { circle, kind, tier, setBy, setAt } }: { readonly rule: Rule }) {
  const { busy, error, run } = useDoing()
  const set = (to: Tier | null): void =>
    void run(() => act('tiers.set', { circle, kind, tier: to }), to === null ? `${kind} is back to its built-in tier.` : `${kind}: ${TIERS[to].toLowerCase()}.`)
  const isOff = busy || connection.value.state !== 'online'
  return (
    <div class="row tier-row">
      <span class="row-main">
        <code class="row-title">{visible(kind)}</code>
        <span class="row-sub">
          {setBy && setAt ? (
            <>
              Set by <PeerName of={setBy} />, <Time at={setAt} />
            </>
          ) : (
            'Built in'
          )}
        </span>
        {error ? <ErrorNote>{error}</ErrorNote> : null}
      </span>
      <span class="row-side">
        {setBy ? (
          <button type="button" class="quiet small" disabled={isOff} onClick={() => set(null)}>
            Reset<span class="hidden"> {visible(kind)}</span>
          </button>
        ) : null}
        <TierSelect label={`What ${kind} needs in ${circle}`} value={tier} disabled={isOff} onChange={set} />
      </span>
    </div>
  )
}

interface TierSelectProps {
  readonly label: string
  readonly value: Tier
  readonly disabled: boolean
  readonly onChange: (tier: Tier) => void
}

function TierSelect({ label, value, disabled, onChange }: TierSelectProps) {
  return (
    <select class="tier-select" aria-label={label} value={value} disabled={disabled} onChange={({ currentTarget }) => onChange(currentTarget.value as Tier)}>
      {Object.entries(TIERS).map(([tier, words]) => (
        <option key={tier} value={tier}>
          {words}
        </option>
      ))}
    </select>
  )
}

function NewTier({ circle }: { readonly circle: string }) {
  const [kind, setKind] = useState('')
  const [tier, setTier] = useState<Tier>('notify')
  const { busy, error, run } = useDoing()
  const add = async (): Promise<void> => {
    if (await run(() => act('tiers.set', { circle, kind: kind.trim(), tier }), `${kind.trim()}: ${TIERS[tier].toLowerCase()}.`)) setKind('')
  }
  return (
    <form
      class="row"
      onSubmit={(event) => {
        event.preventDefault()
        void add()
      }}
    >
      <span class="row-main">
        <input
          aria-label={`Another kind of action in ${circle}`}
          placeholder="Another kind, such as git.push"
          autocapitalize="off"
          autocomplete="off"
          value={kind}
          onInput={({ currentTarget }) => setKind(currentTarget.value)}
        />
        {error ? <ErrorNote>{error}</ErrorNote> : null}
      </span>
      <span class="row-side">
        <TierSelect label={`What it needs in ${circle}`} value={tier} disabled={busy} onChange={setTier} />
        <button type="submit" disabled={busy || kind.trim() === '' || connection.value.state !== 'online'}>
          Add
        </button>
      </span>
    </form>
  )
}
