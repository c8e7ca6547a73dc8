import '../cards/cards.css'
import '../threads/threads.css'
import './orchestrator.css'
import { useLocation } from 'preact-iso'
import { Page } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { me, peer } from '../session/connection.ts'
import { useAnswer } from '../session/live.ts'
import { Chat } from './chat.tsx'
import { Leader, type Leadership } from './leader.tsx'

/** The conversation with whoever leads, one tap from everywhere. */
export function OrchestratorPage() {
  const { query, route } = useLocation()
  const leads = useAnswer('leaderships', leaderships, ['orchestrator', 'circle', 'peer.presence', 'peer.registered', 'peer.retired', 'peer.renamed'])
  const self = me.value?.id
  return (
    <Page title="Orchestrator">
      <Loaded of={leads}>
        {(all) => {
          const chosen = all.find(({ circle }) => circle === query['circle']) ?? all.find(({ primary }) => primary !== null) ?? all[0]
          return chosen ? (
            <div class="orchestrator wide">
              <Circles all={all} chosen={chosen} onChoose={(circle) => route(`/orchestrator?circle=${circle}`, true)} />
              <Leader of={chosen} />
              {self === undefined ? null : <Chat key={chosen.circle} circle={chosen.circle} self={self} isLed={chosen.primary !== null} />}
            </div>
          ) : null
        }}
      </Loaded>
    </Page>
  )
}

/** Of all circles, that of people first. */
async function leaderships(): Promise<Leadership[]> {
  const { circles } = await peer().call('circles.list', {})
  const all = await Promise.all(circles.map(({ name }) => peer().call('orchestrators.status', { circle: name })))
  const own = me.value?.circle
  return all.map(({ leadership }) => leadership).sort((a, b) => Number(b.circle === own) - Number(a.circle === own))
}

interface CirclesProps {
  readonly all: readonly Leadership[]
  readonly chosen: Leadership
  readonly onChoose: (circle: string) => void
}

function Circles({ all, chosen, onChoose }: CirclesProps) {
  if (all.length < 2) return null
  return (
    <label class="field circles">
      <span>Circle</span>
      <select value={chosen.circle} onChange={({ currentTarget }) => onChoose(currentTarget.value)}>
        {all.map(({ circle, primary }) => (
          <option key={circle} value={circle}>
            {circle}: {primary === null ? 'nobody leads' : `${primary.name} leads`}
          </option>
        ))}
      </select>
    </label>
  )
}
