import './crew.css'
import { useState } from 'preact/hooks'
import { TaskLine } from '../now/crew.tsx'
import { Badge } from '../parts/badge.tsx'
import { Page, Section } from '../parts/page.tsx'
import { PeerName, Presence, REACH } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { byAttention, type CrewPeer, isFound, sinceOf, tasksByPeer } from './order.ts'

/** The muster roll: everybody, circle by circle. */
export function CrewPage() {
  const [query, setQuery] = useState('')
  const [retired, setRetired] = useState(false)
  const found = useLive('peers.list', { limit: 200, ...(retired && { retired }) }, ['peer'])
  return (
    <Page title="Crew">
      <div class="crew-tools wide">
        <input
          type="search"
          aria-label="Find somebody"
          placeholder="Name, capability, runtime, what it does"
          value={query}
          onInput={({ currentTarget }) => setQuery(currentTarget.value)}
        />
        <label class="check">
          <input type="checkbox" checked={retired} onChange={({ currentTarget }) => setRetired(currentTarget.checked)} />
          <span>Show retired ones, too</span>
        </label>
      </div>
      <Loaded of={found}>
        {({ peers, after }) => {
          const shown = peers.filter((each) => isFound(each, query.trim()))
          const circles = [...new Set(shown.map(({ circle }) => circle))]
          if (peers.length === 0) return <Nobody />
          if (shown.length === 0) return <Empty title="Nobody was found.">{null}</Empty>
          return (
            <>
              {circles.map((circle) => (
                <Circle key={circle} name={circle} peers={shown.filter((each) => each.circle === circle)} />
              ))}
              {after ? <p class="soft">The first 200 are shown.</p> : null}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function Nobody() {
  return (
    <Empty title="Nobody has joined yet.">
      <p>
        <code>muster install</code> sets up the agents of a machine; a program joins by the SDK with an enrolment token, which <code>muster token enrol</code>{' '}
        mints.
      </p>
    </Empty>
  )
}

function Circle({ name, peers }: { readonly name: string; readonly peers: readonly CrewPeer[] }) {
  const board = useLive('board.get', { circle: name }, ['thread', 'peer', 'mailbox'])
  const tasks = tasksByPeer(board.data?.active ?? [])
  const here = peers.filter(({ retiredAt, presence }) => retiredAt === null && presence !== 'offline').length
  return (
    <Section title={name} count={peers.length}>
      <p class="soft crew-count">{here === 0 ? 'Nobody is here now.' : `${here} here now.`}</p>
      <ul class="rows crew-table">
        {[...peers].sort(byAttention).map((each) => {
          const task = tasks.get(each.id)
          return (
            <li key={each.id} class={each.retiredAt ? 'row retired' : 'row'}>
              <span class="crew-name">
                <PeerName of={each} />
                <Role of={each} />
              </span>
              <span class="crew-state">{each.retiredAt ? <span class="soft">retired</span> : <Presence of={each} />}</span>
              <span class="crew-since soft">
                <Time at={each.retiredAt ?? sinceOf(each)} as="lasting" />
              </span>
              <span class="crew-does" dir="auto">
                {task ? <TaskLine of={task} /> : <span class="soft">{visible(each.description)}</span>}
              </span>
              <span class={each.reach === 'push' ? 'crew-reach on-desk soft' : 'crew-reach soft'}>{each.presence === 'online' ? REACH[each.reach] : null}</span>
              <span class="crew-runtime soft">
                {visible(each.runtime)}
                {each.capabilities.length > 0 ? ` · ${each.capabilities.join(', ')}` : null}
              </span>
            </li>
          )
        })}
      </ul>
    </Section>
  )
}

/** What it is, where it is no agent. */
export function Role({ of }: { readonly of: Pick<CrewPeer, 'role'> }) {
  if (of.role === 'agent') return null
  return <Badge tone={of.role === 'orchestrator' ? 'info' : 'plain'}>{of.role}</Badge>
}
