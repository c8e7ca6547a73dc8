import './cards.css'
import { useState } from 'preact/hooks'
import { exactText } from '../../../src/exact-text.ts'
import type { Output } from '../../browser.ts'
import { Badge, type Tone } from '../parts/badge.tsx'
import { Older } from '../parts/older.tsx'
import { Page } from '../parts/page.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, ErrorNote, Loaded } from '../parts/states.tsx'
import { Tabs } from '../parts/tabs.tsx'
import { Time } from '../parts/time.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { DECISION_TABS } from './tabs.ts'
import { shownValue } from './words.ts'

type Approval = Output<'approvals.list'>['approvals'][number]

const PAGE = 30
const STATES: Readonly<Record<Approval['state'], { readonly word: string; readonly tone: Tone }>> = {
  live: { word: 'Can be used', tone: 'good' },
  used: { word: 'Used up', tone: 'plain' },
  expired: { word: 'Expired', tone: 'plain' },
  revoked: { word: 'Revoked', tone: 'bad' },
}

/** What was approved: once, or as a lease that covers what comes, with a way to end it. */
export function ApprovalsPage() {
  const [all, setAll] = useState(false)
  return (
    <Page title="Approvals">
      <Tabs label="Decisions" of={DECISION_TABS} />
      <label class="check filter">
        <input type="checkbox" checked={all} onChange={({ currentTarget }) => setAll(currentTarget.checked)} />
        <span>Show used, expired and revoked ones, too</span>
      </label>
      <ApprovalRows key={String(all)} live={!all} before={undefined} />
    </Page>
  )
}

function ApprovalRows({ live, before }: { readonly live: boolean; readonly before: string | undefined }) {
  const found = useLive('approvals.list', { live, limit: PAGE, ...(before !== undefined && { before }) }, ['approval'])
  return (
    <Loaded of={found}>
      {({ approvals, before: next }) =>
        approvals.length === 0 && before === undefined ? (
          <Empty title={live ? 'Nothing is approved in advance.' : 'Nothing was approved yet.'}>
            <p>
              On a card that asks for approval, “More than once…” approves in advance: up to a number of times, for a while, with the same arguments. Such
              leases are listed here.
            </p>
          </Empty>
        ) : (
          <>
            <ul class="rows">
              {approvals.map((each) => (
                <li key={each.id}>
                  <ApprovalRow of={each} />
                </li>
              ))}
            </ul>
            {next ? <Older>{() => <ApprovalRows live={live} before={next} />}</Older> : null}
          </>
        )
      }
    </Loaded>
  )
}

function scopeInWords(scope: Approval['scope']): string {
  if (scope === null) return 'With the arguments of its card, and no others'
  const fixed = Object.entries(scope).map(([name, value]) => `${exactText(name)} = ${shownValue(value)}`)
  return fixed.length === 0 ? 'With any arguments' : `${fixed.join(', ')}, and any others`
}

function ApprovalRow({ of }: { readonly of: Approval }) {
  const { busy, error, run } = useDoing()
  const { word, tone } = STATES[of.state]
  return (
    <div class="row">
      <span class="row-main">
        <span class="row-title">
          <code>{exactText(of.name)}</code>
        </span>
        <span class="row-sub">
          <PeerName of={of.requester} />, {of.form === 'lease' ? `${of.uses} of ${of.maxUses} used` : of.uses > 0 ? 'used' : 'once'}, until{' '}
          <Time at={of.expiresAt} as="clock" />
        </span>
        {of.form === 'lease' ? (
          <span class="row-sub" dir="auto">
            {scopeInWords(of.scope)}
          </span>
        ) : null}
        <span class="row-sub">
          Granted by <PeerName of={of.grantedBy} />, <Time at={of.grantedAt} />. <a href={`/cards/${of.card}`}>Its card</a>
          {of.past.approved + of.past.denied > 0 ? `. It would have covered ${of.past.approved} approved and ${of.past.denied} denied before` : null}
        </span>
        {error ? <ErrorNote>{error}</ErrorNote> : null}
      </span>
      <span class="row-side">
        <Badge tone={tone}>{word}</Badge>
        {of.state === 'live' ? (
          <button
            type="button"
            class="danger"
            disabled={busy || connection.value.state !== 'online'}
            onClick={() => void run(() => act('approvals.revoke', { approval: of.id }), 'The approval was revoked.')}
          >
            Revoke<span class="hidden"> {visible(of.name)}</span>
          </button>
        ) : null}
      </span>
    </div>
  )
}
