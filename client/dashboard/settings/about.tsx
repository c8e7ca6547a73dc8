import { Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'

/** What runs here. */
export function About() {
  const found = useLive('node.status', {}, ['node'])
  return (
    <Section title="This node">
      <Loaded of={found} lines={1}>
        {({ node, version, startedAt, durability }) => (
          <dl class="facts panel">
            <dt>Name</dt>
            <dd>{node}</dd>
            <dt>Muster</dt>
            <dd>{version}</dd>
            <dt>Started</dt>
            <dd>
              <Time at={startedAt} as="clock" />
            </dd>
            <dt>Accepted messages</dt>
            <dd>{durability === 'full' ? 'on the disk before they are confirmed' : 'handed to the operating system before they are confirmed'}</dd>
            <dt>API</dt>
            <dd>
              <a href="/v1/docs" rel="noopener external" target="_blank">
                Reference
              </a>
            </dd>
          </dl>
        )}
      </Loaded>
    </Section>
  )
}
