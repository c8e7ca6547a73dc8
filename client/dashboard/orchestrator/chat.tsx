import { X } from 'lucide'
import { useState } from 'preact/hooks'
import { WaitingCard } from '../cards/card.tsx'
import { selectorOf } from '../parts/addresses.ts'
import { Composer, type Way } from '../parts/composer.tsx'
import { Icon } from '../parts/icon.tsx'
import { preview } from '../parts/preview.ts'
import { Loaded } from '../parts/states.tsx'
import { useLive } from '../session/live.ts'
import { say } from '../session/outgoing.ts'
import { usePages } from '../session/pages.ts'
import { EndSentinel } from '../threads/end.tsx'
import { MessageView } from '../threads/message.tsx'
import { useRead } from '../threads/reading.ts'
import { Deadline } from '../threads/row.tsx'
import { Unsent } from '../threads/unsent.tsx'
import { asSaid, conversationOf, type Said } from './conversation.ts'

interface ChatProps {
  readonly circle: string
  readonly self: string
  /** Whether there is anybody to write to. */
  readonly isLed: boolean
}

/** All threads between this person and those who lead, or led, a circle, as one conversation. */
export function Chat({ circle, self, isLed }: ChatProps) {
  const pages = usePages<Said>(`conversation ${circle} ${self}`, (before) => conversationOf(circle, self, before), ['thread', 'message'])
  const cards = useLive('decisions.list', { limit: 200 }, ['decision'])
  const [answering, setAnswering] = useState<Said>()
  useRead((pages.answer.data?.items ?? []).map(({ thread }) => thread.id))
  const address = selectorOf('role:orchestrator', circle)
  return (
    <Loaded of={pages.answer}>
      {({ items, before }) => {
        const said = asSaid(items)
        return (
          <div class="chat">
            <h2 class="hidden">Conversation</h2>
            {before === null ? null : (
              <button type="button" class="thread-older" disabled={pages.loading} onClick={pages.older}>
                {pages.loading ? 'Loading…' : 'Earlier'}
              </button>
            )}
            {items.length === 0 && isLed ? (
              <p class="message-control">Nothing has been said between you yet. What you ask here must end in an answer.</p>
            ) : null}
            {said.map((each, index) => {
              const card =
                each.message.kind === 'ask' ? cards.data?.cards.find(({ thread, state }) => thread === each.thread.id && state === 'waiting') : undefined
              if (card) return <WaitingCard key={each.message.id} card={card} />
              return <One key={each.message.id} said={each} previous={said[index - 1]} self={self} onAnswer={() => setAnswering(each)} />
            })}
            <Unsent about={address} />
            {answering ? <Unsent about={answering.thread.id} /> : null}
            <EndSentinel grows={items.length} />
            {answering?.thread.state === 'open' ? <Answering key={answering.thread.id} said={answering} onDone={() => setAnswering(undefined)} /> : null}
            {isLed && answering?.thread.state !== 'open' ? <Write address={address} /> : null}
          </div>
        )
      }}
    </Loaded>
  )
}

interface OneProps {
  readonly said: Said
  readonly previous: Said | undefined
  readonly self: string
  readonly onAnswer: () => void
}

function One({ said: { message, thread, opening }, previous, self, onAnswer }: OneProps) {
  const isOpening = message.kind === 'ask' || message.kind === 'notify'
  const isApart = !isOpening && previous?.thread.id !== thread.id
  const isOwed = message.kind === 'ask' && thread.state === 'open' && thread.to?.id === self
  return (
    <MessageView
      message={message}
      thread={thread}
      about={
        isApart ? (
          <p class="chat-about clamp" dir="auto">
            {preview(opening)}
          </p>
        ) : null
      }
      actions={
        <>
          {message.kind === 'ask' ? <Deadline thread={thread} /> : null}
          {isOwed ? (
            <button type="button" class="small" onClick={onAnswer}>
              Answer
            </button>
          ) : null}
          {isOpening ? (
            <a class="message-link" href={`/threads/${thread.id}`}>
              thread
            </a>
          ) : null}
        </>
      }
    />
  )
}

/** Asks by default: what a person wants of an orchestrator should not get lost, and an ask ends in an answer. */
function Write({ address }: { readonly address: string }) {
  const [isAsk, setIsAsk] = useState(true)
  const send: Way['send'] = (body, files) => {
    const input = { to: address, select: 'one' as const, body, ...(files.length > 0 && { attachments: [...files] }) }
    void (isAsk ? say('threads.ask', input, address) : say('threads.notify', input, address))
  }
  return (
    <Composer about={address} label="Write to the orchestrator" ways={[{ label: isAsk ? 'Ask' : 'Notify', send }]}>
      <label class="check">
        <input type="checkbox" checked={isAsk} onChange={({ currentTarget }) => setIsAsk(currentTarget.checked)} />
        Needs an answer
      </label>
    </Composer>
  )
}

function Answering({ said: { thread, opening }, onDone }: { readonly said: Said; readonly onDone: () => void }) {
  const send: Way['send'] = (body, files) => {
    void say('threads.answer', { thread: thread.id, body, ...(files.length > 0 && { attachments: [...files] }) }, thread.id)
    onDone()
  }
  return (
    <Composer about={thread.id} label={`Answer ${thread.from?.name ?? ''}`} ways={[{ label: 'Answer', send }]}>
      <span class="chat-answering soft">
        <span class="clamp" dir="auto">
          Answers “{preview(opening, 120)}”
        </span>
        <button type="button" class="quiet" onClick={onDone}>
          <Icon of={X} label="Answer something else" />
        </button>
      </span>
    </Composer>
  )
}
