import { useRef, useState } from 'preact/hooks'
import { visible } from '../parts/plain-text.ts'
import { ErrorNote } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { announce } from '../shell/announcements.ts'
import { Action, CardHeader, Default } from './card-parts.tsx'
import { InWords } from './in-words.tsx'
import { LeaseDialog } from './lease.tsx'
import { Options } from './options.tsx'
import { SettledCard } from './settled.tsx'
import { type Card, decidedBefore, type Letter, letterOf } from './words.ts'

interface CardProps {
  readonly card: Card
  /** How many wait for it. */
  readonly blocked?: number
  readonly overdue?: boolean
  /** Whether it stands alone: everything of it is open, and its heading is no link to itself. */
  readonly whole?: boolean
}

/** A card that waits: all that a decision needs, and a tap for each option. It shows what was decided only once the daemon has said so. */
export function WaitingCard({ card, blocked, overdue, whole = false }: CardProps) {
  const [decided, setDecided] = useState<Card>()
  const [sending, setSending] = useState<Letter | 'revise'>()
  const [note, setNote] = useState('')
  const [isOpen, setOpen] = useState(false)
  const [isLease, setLease] = useState(false)
  const { busy, error, run } = useDoing()
  const box = useRef<HTMLElement>(null)
  if (decided) return <SettledCard card={decided} whole={whole} />

  const resolve = async (input: { readonly option: Letter } | { readonly revise: string }): Promise<void> => {
    setSending('option' in input ? input.option : 'revise')
    const given = note.trim() === '' || !('option' in input) ? input : { ...input, note: note.trim() }
    await run(async () => {
      try {
        setDecided((await act('decisions.resolve', { card: card.id, ...given })).card)
      } catch (reason) {
        const words = decidedBefore(reason)
        if (words === undefined) throw reason
        announce(words, 'bad')
        setDecided((await act('decisions.get', { card: card.id })).card)
      }
    }, undefined)
    setSending(undefined)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    const isTyping = event.target instanceof HTMLElement && ['TEXTAREA', 'INPUT', 'SELECT'].includes(event.target.tagName)
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return
    const letter = letterOf(event.key, card.options)
    // A letter only goes to its option: a key that slips decides nothing.
    if (letter) box.current?.querySelector<HTMLButtonElement>(`[data-letter="${letter}"]`)?.focus()
    else if (event.key === 'r') setOpen(true)
    else return
    event.preventDefault()
  }
  const isOff = busy || connection.value.state !== 'online'
  const question = visible(card.question)
  return (
    <article ref={box} class={`card card-${card.priority}`} aria-labelledby={`${card.id}-question`} aria-busy={busy} onKeyDown={onKeyDown}>
      <CardHeader card={card} {...(blocked === undefined ? {} : { blocked })} {...(overdue ? { overdue } : {})} />
      <Question card={card} whole={whole}>
        {question}
      </Question>
      <p dir="auto">{visible(card.context)}</p>
      {card.action ? <Action of={card.action} /> : null}
      <Options card={card} isOff={isOff} sending={sending} whole={whole} onChoose={(option) => void resolve({ option })} />
      <div class="card-why">
        <p dir="auto">
          <strong>{card.recommendation.option.toUpperCase()} is recommended:</strong> {visible(card.recommendation.because)}
        </p>
        <p dir="auto">
          <strong>Risk:</strong> {visible(card.risk)}
        </p>
      </div>
      {isOpen ? (
        <InWords
          card={card}
          text={note}
          setText={setNote}
          isOff={isOff}
          isSending={sending === 'revise'}
          onRevise={(revise) => void resolve({ revise })}
          onClose={() => setOpen(false)}
        />
      ) : null}
      {error ? <ErrorNote>{error}</ErrorNote> : null}
      <footer class="card-footer">
        <span class="soft">
          <Default of={card.default} />
        </span>
        <span class="card-more">
          {card.kind === 'approval' ? (
            <button type="button" class="quiet small" disabled={isOff} onClick={() => setLease(true)}>
              More than once…
            </button>
          ) : null}
          <button type="button" class="quiet small" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            In words…
          </button>
        </span>
      </footer>
      {isLease ? <LeaseDialog card={card} note={note} onClose={() => setLease(false)} onDecided={setDecided} /> : null}
    </article>
  )
}

function Question({ card, whole, children }: { readonly card: Card; readonly whole: boolean; readonly children: string }) {
  const id = `${card.id}-question`
  if (whole)
    return (
      <h2 id={id} class="card-question" dir="auto">
        {children}
      </h2>
    )
  return (
    <h3 id={id} class="card-question" dir="auto">
      <a href={`/cards/${card.id}`}>{children}</a>
    </h3>
  )
}
