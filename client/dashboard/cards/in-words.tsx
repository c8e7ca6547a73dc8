import { useLayoutEffect, useRef } from 'preact/hooks'
import { ErrorNote } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'
import type { Card } from './words.ts'

interface InWordsProps {
  readonly card: Card
  readonly text: string
  readonly setText: (text: string) => void
  readonly isOff: boolean
  readonly isSending: boolean
  readonly onRevise: (text: string) => void
  readonly onClose: () => void
}

/** One field for whatever is said with a card: a note to the option that is tapped then, how it should be instead, or a comment that leaves it waiting. */
export function InWords({ card, text, setText, isOff, isSending, onRevise, onClose }: InWordsProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const { busy, error, run } = useDoing()
  useLayoutEffect(() => field.current?.focus(), [])
  const isNothing = text.trim() === ''
  const comment = async (): Promise<void> => {
    if (!(await run(() => act('decisions.comment', { card: card.id, body: text.trim() }), 'Your comment was sent. The card still waits.'))) return
    setText('')
    onClose()
  }
  const id = `${card.id}-words`
  return (
    <div class="card-words">
      <label for={id}>In your words</label>
      <textarea
        id={id}
        ref={field}
        rows={3}
        dir="auto"
        value={text}
        aria-describedby={`${id}-hint`}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
        onKeyDown={(event) => event.key === 'Escape' && onClose()}
      />
      <p id={`${id}-hint`} class="soft">
        Choose an option above and this goes along as a note, or say what should be done instead.
      </p>
      <div class="buttons">
        <button type="button" class="primary" disabled={isOff || isNothing} onClick={() => onRevise(text.trim())}>
          {isSending ? 'Sending…' : 'Do this instead'}
        </button>
        <button type="button" disabled={isOff || busy || isNothing} onClick={() => void comment()}>
          Comment only
        </button>
      </div>
      {error ? <ErrorNote>{error}</ErrorNote> : null}
    </div>
  )
}
