import { Check, CheckCheck, CircleSlash, Clock4, type IconNode, TriangleAlert } from 'lucide'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'
import { useLive } from '../session/live.ts'
import { isSettled, type Stage, summaryOf } from './stages.ts'
import type { Message, Thread } from './words.ts'

const TICKS: Readonly<Record<Stage['tick'], IconNode>> = { waits: Clock4, offered: Check, acked: CheckCheck, gone: CircleSlash, dead: TriangleAlert }

/** How far a message has come, as far as that is proven; behind it, its whole life. */
export function StageLine({ message, thread }: { readonly message: Message; readonly thread: Thread }) {
  const trace = useLive('threads.trace', { id: message.id }, followsOf(thread), ({ deliveries }) => deliveries.every((each) => isSettled(each, Date.now())))
  const stage = trace.data && summaryOf(trace.data.deliveries)
  const seenAt = trace.data?.deliveries.length === 1 ? trace.data.deliveries[0]?.seenAt : undefined
  return (
    <a class={`stage stage-${stage?.tick ?? 'none'}`} href={`/messages/${message.id}`}>
      {stage ? (
        <>
          <Icon of={TICKS[stage.tick]} />
          {stage.word} <Time at={stage.at} as="clock" />
          {seenAt && stage.word !== 'seen' ? ', seen' : null}
        </>
      ) : trace.data ? (
        'for nobody else'
      ) : (
        'its life'
      )}
      <span class="hidden">: the life of this message</span>
    </a>
  )
}

/** Only what its recipients do, where there are not too many of them. */
function followsOf({ id, from, to }: Thread): readonly string[] {
  const peers = from && to ? [from.id, to.id] : []
  return [`thread ${id}`, 'delivery', ...(peers.length > 0 ? peers.map((each) => `mailbox ${each}`) : ['mailbox'])]
}
