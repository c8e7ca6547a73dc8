import '../cards/cards.css'
import './now.css'
import { CircleAlert, CircleCheck } from 'lucide'
import { troublesOf } from '../health/troubles.ts'
import { Icon } from '../parts/icon.tsx'
import { Page, Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { useLive } from '../session/live.ts'
import { Crew } from './crew.tsx'
import { Needs } from './needs.tsx'
import { useNeeds } from './use-needs.ts'

/** The first screen: what needs this person, then what everyone does, then whether all is well. */
export function NowPage() {
  const needs = useNeeds()
  return (
    <Page
      title="Now"
      actions={
        <a class="button quiet" href="/cards">
          All decisions
        </a>
      }
    >
      <div class="now wide">
        <Section title="Needs you" {...(needs.data ? { count: needs.data.length } : {})}>
          <Loaded of={needs}>{(all) => <Needs of={all} />}</Loaded>
        </Section>
        <div>
          <Crew />
          <Health />
        </div>
      </div>
    </Page>
  )
}

function Health() {
  const status = useLive('node.status', {}, ['delivery', 'pair', 'outbox', 'thread'])
  return (
    <Section title="Health">
      <Loaded of={status} lines={1}>
        {(data) => {
          const troubles = troublesOf(data)
          const tone = data.readOnly ? 'bad' : troubles.length > 0 ? 'warn' : 'good'
          return (
            <a class={`health-line health-${tone}`} href="/node">
              <Icon of={tone === 'good' ? CircleCheck : CircleAlert} />
              <span>
                {troubles.length > 0 ? troubles.join(' ') : 'All is well.'}{' '}
                <span class="soft">
                  {data.openAsks} open {data.openAsks === 1 ? 'ask' : 'asks'}, {data.queued} {data.queued === 1 ? 'message' : 'messages'} waiting.
                </span>
              </span>
            </a>
          )
        }}
      </Loaded>
    </Section>
  )
}
