import type { Output } from '../../browser.ts'
import { PeerName } from '../parts/peer.tsx'
import { preview } from '../parts/preview.ts'
import { Time } from '../parts/time.tsx'

type Link = Output<'messages.why'>['chain'][number]

/** Messages of which one led to the next, each a place to go to. */
export function Causes({ of, self }: { readonly of: readonly Link[]; readonly self: string }) {
  return (
    <ol class="rows causes">
      {of.map(({ message, gap }) => (
        <li key={message.id}>
          {gap ? <p class="cause-gap soft">Messages that you may not see, or that are gone, stand in between.</p> : null}
          <a class="row" href={`/messages/${message.id}`} aria-current={message.id === self ? 'true' : undefined}>
            <span class="row-main">
              <span class="cause-head">
                <PeerName of={message.from} link={false} /> <span class="soft">{message.kind}</span>
                {message.id === self ? <strong>This message</strong> : null}
              </span>
              <span class="row-sub clamp" dir="auto">
                {preview(message.body)}
              </span>
            </span>
            <span class="row-side">
              <Time at={message.at} as="clock" />
            </span>
          </a>
        </li>
      ))}
    </ol>
  )
}
