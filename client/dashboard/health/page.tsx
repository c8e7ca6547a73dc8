import './health.css'
import type { Output } from '../../browser.ts'
import { Badge } from '../parts/badge.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { Activity } from './activity.tsx'
import { bytes } from './bytes.ts'
import { DeadLetters } from './dead-letters.tsx'
import { ParkedPairs } from './parked-pairs.tsx'
import { troublesOf } from './troubles.ts'

type Status = Output<'node.status'>

/** Whether the node does what it promises, and what there is to be done where it does not. */
export function HealthPage() {
  const found = useLive('node.status', {}, ['delivery', 'pair', 'outbox', 'thread', 'peer', 'mailbox'])
  return (
    <Page title="Health">
      <Loaded of={found}>{(status) => <Verdict of={status} />}</Loaded>
      <Activity />
      <DeadLetters />
      <ParkedPairs />
      <Loaded of={found}>{(status) => <Facts of={status} />}</Loaded>
    </Page>
  )
}

function Verdict({ of }: { readonly of: Status }) {
  const troubles = troublesOf(of)
  return (
    <div class={troubles.length === 0 ? 'verdict verdict-good' : 'verdict verdict-bad'}>
      {troubles.length === 0 ? (
        <p>All is well.</p>
      ) : (
        <ul>
          {troubles.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
      )}
    </div>
  )
}

function Facts({ of }: { readonly of: Status }) {
  const { peers, connections, openAsks, queued, storage, search, backup, services } = of
  return (
    <>
      <Section title="In figures">
        <dl class="facts panel">
          <dt>Peers</dt>
          <dd>
            {peers.online} online, {peers.away} away, {peers.offline} offline
          </dd>
          <dt>Connections</dt>
          <dd>{connections}</dd>
          <dt>Open asks</dt>
          <dd>{openAsks}</dd>
          <dt>Messages waiting</dt>
          <dd>{queued}</dd>
          <dt>Database</dt>
          <dd>
            {bytes(storage.databaseBytes + storage.walBytes)}
            {storage.freeBytes === null ? null : `, ${bytes(storage.freeBytes)} free on its disk`}
          </dd>
          <dt>Search</dt>
          <dd>{search.behind === 0 ? 'up to date' : `${search.behind} ${search.behind === 1 ? 'message' : 'messages'} behind`}</dd>
          <dt>Last backup</dt>
          <dd>
            {backup.last ? (
              <Time at={backup.last.at} />
            ) : (
              <>
                none since the daemon was started; <code>muster backup</code> writes one
              </>
            )}
          </dd>
        </dl>
      </Section>
      {services.length > 0 ? (
        <Section title="Services">
          <ul class="rows">
            {services.map((each) => (
              <ServiceRow key={each.name} of={each} />
            ))}
          </ul>
        </Section>
      ) : null}
    </>
  )
}

function ServiceRow({ of: { name, state, since, restarts, failing, lastEnd } }: { readonly of: Status['services'][number] }) {
  return (
    <li class="row">
      <div class="row-main">
        <span class="row-title">{name}</span>
        {lastEnd ? <p class="row-sub">{lastEnd}</p> : null}
      </div>
      <div class="row-side">
        {failing > 0 ? <Badge tone="bad">{failing} failing</Badge> : null}
        <Badge tone={state === 'running' ? 'good' : 'warn'}>{state}</Badge>
        <Time at={since} />
        {restarts > 0 ? <span>{restarts === 1 ? 'restarted once' : `restarted ${restarts} times`}</span> : null}
      </div>
    </li>
  )
}
