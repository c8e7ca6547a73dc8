import { addressOf } from '../parts/addresses.ts'
import { Composer, type Way } from '../parts/composer.tsx'
import { act } from '../session/act.ts'
import { me } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { say } from '../session/outgoing.ts'
import { nameOf, type Part, partOf, type Thread } from './words.ts'

interface ThreadComposerProps {
  readonly thread: Thread
  /** A card waits on it: what is said there decides it, or is a comment. */
  readonly isCard: boolean
}

/** What this person can say in a thread, which follows from what it is in it. */
export function ThreadComposer({ thread, isCard }: ThreadComposerProps) {
  const part = usePart(thread)
  if (part === 'reader') return <Reader thread={thread} />
  return <Composer about={thread.id} label={labelOf(thread, part, isCard)} ways={waysOf(thread, part, isCard)} />
}

/** A notice to several does not say to whom; how its first message was delivered does. */
function usePart(thread: Thread): Part {
  const self = me.value?.id
  const part = partOf(thread, self)
  const asks = part === 'reader' && thread.to === null
  const { data } = useLive('threads.trace', asks ? { id: thread.id } : undefined, [])
  return data?.deliveries.some(({ to }) => to.id === self) ? 'told' : part
}

function labelOf(thread: Thread, part: Part, isCard: boolean): string {
  if (isCard) return 'A letter decides; anything else is a comment'
  if (part === 'asked' && thread.state === 'open') return `Answer ${nameOf(thread.from, undefined)}`
  if (thread.state !== 'open' && thread.state !== 'notice') return 'Say more; it has ended, so this arrives as late'
  return part === 'asker' ? 'Say more' : `Reply to ${nameOf(thread.from, undefined)}`
}

function waysOf({ id, state }: Thread, part: Part, isCard: boolean): readonly Way[] {
  const speak = (label: string, operation: 'threads.reply' | 'threads.answer'): Way => ({
    label,
    // It stands in the thread as on its way until the daemon has it, so the field is free at once.
    send: (body, files) => void say(operation, { thread: id, body, ...(files.length > 0 && { attachments: [...files] }) }, id),
  })
  if (isCard) return [speak('Send', 'threads.reply')]
  if (part !== 'asked' || state !== 'open') return [speak('Send', 'threads.reply')]
  const decline: Way = { label: 'Decline', bare: true, online: true, send: (reason) => act('threads.decline', { thread: id, reason }) }
  return [speak('Answer', 'threads.answer'), speak('Say more', 'threads.reply'), decline]
}

function Reader({ thread: { from, to } }: { readonly thread: Thread }) {
  const both = [from, to].filter((each) => each !== null)
  return (
    <p class="reader soft">
      You are not part of this thread; you can read it because you see into its circle.{' '}
      {both.map((each) => (
        <a key={each.id} href={`/threads/new?to=${encodeURIComponent(addressOf(each))}`}>
          Write to <bdi>{each.name}</bdi>
        </a>
      ))}
    </p>
  )
}
