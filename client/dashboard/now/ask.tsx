import { useId, useState } from 'preact/hooks'
import { Badge } from '../parts/badge.tsx'
import { Markdown } from '../parts/markdown.tsx'
import { PeerName } from '../parts/peer.tsx'
import { preview } from '../parts/preview.ts'
import { ErrorNote } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { outgoing, say } from '../session/outgoing.ts'
import type { OwedAsk } from './needs.ts'

/** An ask that somebody put to this person: read here, answered here or in its thread. */
export function AskNeed({ of: { thread, message } }: { readonly of: OwedAsk }) {
  const [isOpen, setOpen] = useState(false)
  const [text, setText] = useState('')
  const id = useId()
  const answered = outgoing.value.findLast(({ about }) => about === thread.id)
  const onItsWay = answered?.refused === undefined ? answered : undefined
  const answer = (): void => {
    void say('threads.answer', { thread: thread.id, body: text.trim() }, thread.id)
    setText('')
    setOpen(false)
  }
  return (
    <article class={`card card-${thread.priority}`} aria-labelledby={id}>
      <header class="card-header">
        <Badge tone="info">Ask</Badge>
        {thread.priority === 'urgent' ? <Badge tone="bad">Urgent</Badge> : null}
        <h3 id={id} class="need-from">
          <PeerName of={thread.from} /> <span class="soft">asks you · </span>
          <span class="soft">
            <Time at={thread.openedAt} />
          </span>
        </h3>
      </header>
      <div class="need-body">
        <Markdown text={message.body} />
      </div>
      {onItsWay ? <p class="soft">On its way: {preview(onItsWay.text)}</p> : null}
      {answered?.refused ? <ErrorNote>Your answer was not sent. {answered.refused} It is kept in the thread.</ErrorNote> : null}
      {isOpen ? (
        <form
          class="card-words"
          onSubmit={(event) => {
            event.preventDefault()
            answer()
          }}
        >
          <label for={`${id}-answer`}>Your answer</label>
          <textarea id={`${id}-answer`} rows={3} dir="auto" ref={focusOnce} value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
          <div class="buttons">
            <button type="submit" class="primary" disabled={text.trim() === ''}>
              Answer
            </button>
            <button type="button" onClick={() => setOpen(false)}>
              Not now
            </button>
          </div>
        </form>
      ) : null}
      <footer class="card-footer">
        <span class="soft">
          {thread.deadlineAt ? (
            <>
              Answer within <Time at={thread.deadlineAt} as="countdown" />
            </>
          ) : null}
        </span>
        <span class="buttons">
          <a class="button" href={`/threads/${thread.id}`}>
            Open
          </a>
          {isOpen || onItsWay ? null : (
            <button type="button" class="primary" onClick={() => setOpen(true)}>
              Answer…
            </button>
          )}
        </span>
      </footer>
    </article>
  )
}

/** The same function at each drawing, so it is called when the field comes and not again. */
function focusOnce(field: HTMLTextAreaElement | null): void {
  field?.focus()
}
