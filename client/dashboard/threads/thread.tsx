import { useLocation } from 'preact-iso'
import { WaitingCard } from '../cards/card.tsx'
import type { Card } from '../cards/words.ts'
import { Page } from '../parts/page.tsx'
import { Loaded } from '../parts/states.tsx'
import { isWide } from '../parts/wide.ts'
import { me, peer } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { usePages } from '../session/pages.ts'
import { CancelButton } from './cancel.tsx'
import { EndSentinel, useNamedMessage } from './end.tsx'
import { ThreadFacts } from './facts.tsx'
import { MessageView } from './message.tsx'
import { useRead } from './reading.ts'
import { ThreadComposer } from './thread-composer.tsx'
import { Unsent } from './unsent.tsx'
import { shownBy, urlOf } from './view.ts'
import { type Message, nameOf, partOf, type Thread } from './words.ts'

interface Said {
  readonly message: Message
  /** As it was when the page was asked for. */
  readonly thread: Thread
}

/** One thread: what was said in it, how it stands, and what there is to say. */
export function ThreadPage({ id }: { readonly id: string }) {
  const pages = usePages<Said>(`thread ${id}`, (before) => messagesOf(id, before), [`thread ${id}`, 'message'])
  const thread = pages.answer.data?.items[0]?.thread
  const self = me.value?.id
  const { query } = useLocation()
  useRead([id])
  useNamedMessage(pages.answer.data?.items.length ?? 0, pages.answer.data?.before ? pages.older : undefined)
  const title = thread ? `${nameOf(thread.from, self)} to ${thread.to === null ? 'several' : nameOf(thread.to, self).replace(/^You$/, 'you')}` : 'Thread'
  const mayCancel = thread?.state === 'open' && partOf(thread, self) === 'asker'
  return (
    <Page
      title={title}
      back={isWide.value ? undefined : { href: urlOf(undefined, shownBy(query)), label: 'All threads' }}
      actions={mayCancel ? <CancelButton thread={id} /> : null}
    >
      <Loaded of={pages.answer}>
        {({ items, before }) => {
          const newest = items[0]
          return newest ? (
            <div class="thread">
              <ThreadFacts thread={newest.thread} />
              <h2 class="hidden">Messages</h2>
              {before === null ? null : (
                <button type="button" class="thread-older" disabled={pages.loading} onClick={pages.older}>
                  {pages.loading ? 'Loading…' : 'Older messages'}
                </button>
              )}
              <Messages said={items} />
              <Conversation thread={newest.thread} count={items.length} />
            </div>
          ) : null
        }}
      </Loaded>
    </Page>
  )
}

function Messages({ said }: { readonly said: readonly Said[] }) {
  const newest = said[0]
  return newest ? [...said].reverse().map(({ message }) => <MessageView key={message.id} message={message} thread={newest.thread} />) : null
}

/** The card of the thread, where it is one; what is on its way; and the field to write in. */
function Conversation({ thread, count }: { readonly thread: Thread; readonly count: number }) {
  const card = useCardOf(thread)
  return (
    <>
      {card?.state === 'waiting' ? <WaitingCard card={card} /> : null}
      {card && card.state !== 'waiting' ? (
        <p class="message-control">
          <a href={`/cards/${card.id}`}>The card</a> of this thread: {card.state}.
        </p>
      ) : null}
      <Unsent about={thread.id} />
      <EndSentinel key={thread.id} grows={count} />
      <ThreadComposer thread={thread} isCard={card?.state === 'waiting'} />
    </>
  )
}

/** The newest first. */
async function messagesOf(id: string, before: string | undefined) {
  const { thread, messages, before: next } = await peer().call('threads.get', { thread: id, ...(before !== undefined && { before }) })
  return { items: messages.reverse().map((message) => ({ message, thread })), before: next }
}

/** A thread that a card was asked on is a person's, who was asked; the card says which it is. */
function useCardOf(thread: Thread): Card | undefined {
  const isAsked = partOf(thread, me.value?.id) === 'asked'
  const { data } = useLive('decisions.list', isAsked ? { limit: 200 } : undefined, ['decision'])
  return data?.cards.find((card) => card.thread === thread.id)
}
