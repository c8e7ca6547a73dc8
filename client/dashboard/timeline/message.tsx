import '../threads/threads.css'
import './timeline.css'
import { useRoute } from 'preact-iso'
import { Page, Section } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { me } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { MessageView } from '../threads/message.tsx'
import { nameOf } from '../threads/words.ts'
import { Causes } from './causes.tsx'
import { pointsOf, type Trace, tracksOf } from './life.ts'
import { InWords, Picture, TrackView } from './picture.tsx'

/** A message's life: how it reached each of its recipients, why it was said, and what it led to. */
export function MessagePage() {
  const { message: id = '' } = useRoute().params
  return <Life key={id} id={id} />
}

function Life({ id }: { readonly id: string }) {
  const trace = useLive('threads.trace', { id }, ['thread', 'mailbox', 'delivery', 'message'])
  const why = useLive('messages.why', { id }, ['thread'])
  return (
    <Page title={trace.data ? titleOf(trace.data) : 'Message'}>
      <Loaded of={trace}>
        {(data) => (
          <>
            <div class="thread message-alone">
              <MessageView
                message={data.message}
                thread={data.thread}
                actions={
                  <a class="message-link" href={`/threads/${data.thread.id}#${data.message.id}`}>
                    in its thread
                  </a>
                }
              />
            </div>
            <Section title="Its life">
              <Tracks of={data} />
            </Section>
          </>
        )}
      </Loaded>
      <Section title="Why it was said">
        <Loaded of={why} lines={1}>
          {({ chain, led, more }) => {
            const self = trace.data?.message.id ?? id
            return (
              <>
                {chain.length > 1 ? <Causes of={chain} self={self} /> : <p class="soft">Nothing that was said led to it: its sender began it.</p>}
                <h3 class="led">What it led to</h3>
                {led.length > 0 ? <Causes of={led} self={self} /> : <p class="soft">Nothing that is known yet.</p>}
                {more ? <p class="soft">There is more on either side.</p> : null}
              </>
            )
          }}
        </Loaded>
      </Section>
    </Page>
  )
}

function titleOf({ message, deliveries }: Trace): string {
  const self = me.value?.id
  const [first] = deliveries
  const to = deliveries.length > 1 ? `${deliveries.length} peers` : first ? nameOf(first.to, self).replace(/^You$/, 'you') : 'the thread'
  return `${nameOf(message.from, self)} to ${to}`
}

function Tracks({ of }: { readonly of: Trace }) {
  const tracks = tracksOf(of)
  if (tracks.length === 0)
    return (
      <div class="track">
        <Picture points={pointsOf(of.steps)} />
        <InWords points={pointsOf(of.steps)} isOpen />
      </div>
    )
  return (
    <ul class="tracks">
      {tracks.map((track) => (
        <TrackView key={track.delivery} track={track} isOpen={tracks.length < 3} />
      ))}
    </ul>
  )
}
