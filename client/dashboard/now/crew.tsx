import { byAttention, type CrewPeer, isCrew, progressOf, sinceOf, type Task, tasksByPeer } from '../crew/order.ts'
import { Section } from '../parts/page.tsx'
import { PeerName, Presence, REACH } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Empty, Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'

/** What everyone does, circle by circle. */
export function Crew() {
  const found = useLive('peers.list', { limit: 200 }, ['peer'])
  return (
    <Loaded of={found}>
      {({ peers }) => {
        const crew = peers.filter(isCrew)
        const circles = [...new Set(crew.map(({ circle }) => circle))]
        if (crew.length === 0) return <NoCrew />
        return circles.map((circle) => (
          <CircleCrew key={circle} circle={circle} named={circles.length > 1} peers={crew.filter((each) => each.circle === circle)} />
        ))
      }}
    </Loaded>
  )
}

function NoCrew() {
  return (
    <Section title="The crew">
      <Empty title="Nobody has joined yet.">
        <p>
          On the machine of the daemon, <code>muster install</code> sets your agents up; each session then joins by itself and stands here with what it does.
        </p>
      </Empty>
    </Section>
  )
}

function CircleCrew({ circle, named, peers }: { readonly circle: string; readonly named: boolean; readonly peers: readonly CrewPeer[] }) {
  const board = useLive('board.get', { circle }, ['thread', 'peer', 'mailbox'])
  const tasks = tasksByPeer(board.data?.active ?? [])
  const sorted = [...peers].sort(byAttention)
  const here = sorted.filter((each) => each.presence !== 'offline' || tasks.has(each.id))
  const away = sorted.filter((each) => !here.includes(each))
  return (
    <Section title={named ? `The crew of ${circle}` : 'The crew'} count={peers.length}>
      {here.length > 0 ? (
        <ul class="rows">
          {here.map((each) => (
            <li key={each.id}>
              <Row of={each} task={tasks.get(each.id)} />
            </li>
          ))}
        </ul>
      ) : null}
      {away.length > 0 ? (
        <p class="crew-away soft">
          Offline:{' '}
          {away.slice(0, 8).map((each, index) => (
            <span key={each.id}>
              {index > 0 ? ', ' : null}
              <PeerName of={each} />
            </span>
          ))}
          {away.length > 8 ? (
            <>
              {' '}
              and <a href="/crew">{away.length - 8} more</a>
            </>
          ) : null}
        </p>
      ) : null}
    </Section>
  )
}

function Row({ of, task }: { readonly of: CrewPeer; readonly task: Task | undefined }) {
  return (
    <div class="row crew-row">
      <span class="crew-who">
        <PeerName of={of} />
        {of.role === 'orchestrator' ? <span class="soft"> leads</span> : null}
      </span>
      <span class="crew-what">{task ? <TaskLine of={task} /> : <span dir="auto">{visible(of.description) || 'It has not said what it does.'}</span>}</span>
      <span class="row-side crew-how">
        <Presence of={of} />
        <span>
          <Time at={sinceOf(of)} as="lasting" />
          {of.presence === 'online' && of.reach !== 'push' ? <> · {REACH[of.reach]}</> : null}
        </span>
      </span>
    </div>
  )
}

/** What somebody is at, and how far. */
export function TaskLine({ of }: { readonly of: Task }) {
  const progress = progressOf(of)
  return (
    <>
      <a href={`/threads/${of.thread}`} dir="auto">
        {visible(of.title)}
      </a>
      {progress ? (
        <span class="soft" dir="auto">
          {' '}
          {visible(progress)}
        </span>
      ) : null}
    </>
  )
}
