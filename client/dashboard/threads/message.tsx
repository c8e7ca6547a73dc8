import { EyeOff } from 'lucide'
import type { ComponentChildren } from 'preact'
import { Badge } from '../parts/badge.tsx'
import { Icon } from '../parts/icon.tsx'
import { Markdown } from '../parts/markdown.tsx'
import { PeerName } from '../parts/peer.tsx'
import { visible } from '../parts/plain-text.ts'
import { Time } from '../parts/time.tsx'
import { me } from '../session/connection.ts'
import { Attached } from './attached.tsx'
import { StageLine } from './stage-line.tsx'
import { CONTROL, KINDS, type Message, type Thread } from './words.ts'

interface MessageProps {
  readonly message: Message
  readonly thread: Thread
  /** What it is about, where that does not stand above it. */
  readonly about?: ComponentChildren
  /** What can be done with it. */
  readonly actions?: ComponentChildren
}

/** One message of a thread: who said it, what, and how far it has come. */
export function MessageView({ message, thread, about, actions }: MessageProps) {
  if (CONTROL.has(message.kind)) return <Control message={message} thread={thread} />
  const isMine = message.from !== null && message.from.id === me.value?.id
  const kind = KINDS[message.kind]
  return (
    <article class={isMine ? 'message message-mine' : 'message'} id={message.id} tabIndex={-1} aria-labelledby={`${message.id}-head`}>
      <header class="message-head" id={`${message.id}-head`}>
        <PeerName of={message.from} />
        {kind ? <Badge tone={kind.tone}>{kind.word}</Badge> : null}
        {message.late ? <Badge tone="warn">Late</Badge> : null}
        <span class="soft">
          <Time at={message.at} as="clock" />
        </span>
      </header>
      {about}
      {message.redacted ? (
        <p class="message-redacted" dir="auto">
          <Icon of={EyeOff} /> {visible(message.body)}
        </p>
      ) : (
        <Markdown text={message.body} />
      )}
      <Attached files={message.attachments} />
      <footer class="message-foot">
        {actions}
        <StageLine message={message} thread={thread} />
      </footer>
    </article>
  )
}

/** What became of the thread, or will soon: said by the daemon, or by whoever took the ask back. */
function Control({ message }: MessageProps) {
  return (
    <p class="message-control" id={message.id}>
      <PeerName of={message.from} />: <span dir="auto">{visible(message.body)}</span> <Time at={message.at} as="clock" />
    </p>
  )
}
