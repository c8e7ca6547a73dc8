import { useRef, useState } from 'preact/hooks'
import type { Input } from '../../browser.ts'
import { Confirm } from '../parts/confirm.tsx'
import { visible } from '../parts/plain-text.ts'
import { act } from '../session/act.ts'
import { useLive } from '../session/live.ts'
import { type Review, short } from './words.ts'

type Verdict = NonNullable<Review['verdict']>

interface ActionProps {
  readonly of: Review
  readonly onClose: () => void
}

const MARKS: readonly (readonly [Verdict, string])[] = [
  ['approve', 'Approve: it is good as it is'],
  ['request_changes', 'Request changes'],
  ['comment', 'Comment, without a verdict'],
]

/** Says that this person has looked at it, at the head that is shown. */
export function Mark({ of, onClose }: ActionProps) {
  const [verdict, setVerdict] = useState<Verdict>('approve')
  const [note, setNote] = useState('')
  // What counts is the head that was looked at: one that comes while this is open is not meant.
  const [head] = useState(of.head)
  const given = { review: of.id, verdict, ...(head !== null && of.kind !== 'artifact' && { sha: head }), ...(note.trim() !== '' && { note: note.trim() }) }
  return (
    <Confirm
      title="Mark reviewed"
      does="Mark reviewed"
      done="The review is marked as reviewed. Its authors are told."
      work={() => act('reviews.mark', given)}
      onClose={onClose}
    >
      <fieldset class="choices">
        <legend>Your verdict{head ? `, at ${short(head)}` : ''}</legend>
        {MARKS.map(([value, words]) => (
          <label key={value} class="check">
            <input type="radio" name="verdict" checked={verdict === value} onChange={() => setVerdict(value)} />
            <span>{words}</span>
          </label>
        ))}
      </fieldset>
      <Note text={note} setText={setNote} label="Why (optional)" />
    </Confirm>
  )
}

/** Gives it to somebody, or to whoever can and owes the fewest. */
export function Assign({ of, onClose }: ActionProps) {
  const [to, setTo] = useState('')
  const [note, setNote] = useState('')
  const { data } = useLive('peers.list', { circle: of.circle, limit: 200 }, ['peer'])
  const authors = new Set(of.authors.map(({ id }) => id))
  const able = data?.peers.filter(({ id, role }) => (role === 'agent' || role === 'orchestrator') && !authors.has(id)) ?? []
  const given: Input<'reviews.assign'> = { review: of.id, ...(to === '' ? { select: {} } : { to }), ...(note.trim() !== '' && { note: note.trim() }) }
  return (
    <Confirm
      title="Assign the review"
      does="Assign"
      done="The review was assigned. Its reviewer is asked to look at it."
      work={() => act('reviews.assign', given)}
      onClose={onClose}
    >
      <label class="field">
        <span>To</span>
        <select value={to} onChange={({ currentTarget }) => setTo(currentTarget.value)}>
          <option value="">whoever is able to review and owes the fewest</option>
          {able.map(({ id, name, capabilities }) => (
            <option key={id} value={id}>
              {name}
              {capabilities.includes('review') ? ', reviews' : ''}
            </option>
          ))}
        </select>
      </label>
      <Note text={note} setText={setNote} label="What to look at (optional)" />
    </Confirm>
  )
}

export function Comment({ of, onClose }: ActionProps) {
  const [note, setNote] = useState('')
  return (
    <Confirm
      title="Comment on the review"
      does="Send"
      done="Your comment was sent. The review stays as it is."
      disabled={note.trim() === ''}
      work={() => act('reviews.comment', { review: of.id, note: note.trim() })}
      onClose={onClose}
    >
      <p>Its authors and its reviewer are told. The review stays as it is.</p>
      <Note text={note} setText={setNote} label="Comment" />
    </Confirm>
  )
}

export function Withdraw({ of, onClose }: ActionProps) {
  const [reason, setReason] = useState('')
  return (
    <Confirm
      title="Withdraw the review"
      does="Withdraw"
      done="The review was withdrawn."
      danger
      disabled={reason.trim() === ''}
      work={() => act('reviews.withdraw', { review: of.id, reason: reason.trim() })}
      onClose={onClose}
    >
      <p>It leaves the queue, and nobody has to look at it any more.</p>
      <Note text={reason} setText={setReason} label="Reason" />
    </Confirm>
  )
}

/** Asks for a review of a pull request. */
export function RequestReview({ onClose }: { readonly onClose: (made?: string) => void }) {
  const [pr, setPr] = useState('')
  const [note, setNote] = useState('')
  const [author, setAuthor] = useState('')
  const made = useRef<string | undefined>(undefined)
  const { data } = useLive('peers.list', { limit: 200 }, ['peer'])
  const crew = data?.peers.filter(({ role }) => role === 'agent' || role === 'orchestrator') ?? []
  const work = async (): Promise<void> => {
    const given = { subject: { pr: pr.trim() }, ...(note.trim() !== '' && { note: note.trim() }), ...(author !== '' && { authors: [author] }) }
    made.current = (await act('reviews.request', given)).review.id
  }
  return (
    <Confirm
      title="Request a review"
      does="Request"
      done="The review was requested. It stands in the queue."
      disabled={pr.trim() === ''}
      work={work}
      onClose={(isDone) => onClose(isDone ? made.current : undefined)}
    >
      <label class="field">
        <span>Link of the pull or merge request</span>
        <input
          type="url"
          inputMode="url"
          autocomplete="off"
          placeholder="https://github.com/owner/repository/pull/12"
          value={pr}
          onInput={({ currentTarget }) => setPr(currentTarget.value)}
        />
      </label>
      <label class="field">
        <span>Author</span>
        <select value={author} onChange={({ currentTarget }) => setAuthor(currentTarget.value)}>
          <option value="">you</option>
          {crew.map(({ id, name, circle }) => (
            <option key={id} value={id}>
              {visible(name)}@{circle}
            </option>
          ))}
        </select>
      </label>
      <Note text={note} setText={setNote} label="What to look at (optional)" />
    </Confirm>
  )
}

function Note({ text, setText, label }: { readonly text: string; readonly setText: (text: string) => void; readonly label: string }) {
  return (
    <label class="field">
      <span>{label}</span>
      <textarea rows={3} dir="auto" value={text} onInput={({ currentTarget }) => setText(currentTarget.value)} />
    </label>
  )
}
