import './threads.css'
import './compose.css'
import { useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { addressOf, isSelector } from '../parts/addresses.ts'
import { Composer } from '../parts/composer.tsx'
import { Page } from '../parts/page.tsx'
import { PeerPicker } from '../parts/peer-picker.tsx'
import { connection } from '../session/connection.ts'
import { useLive } from '../session/live.ts'
import { say } from '../session/outgoing.ts'
import { DEADLINES, deadlineOf, type Opening, openingOf } from './opening.ts'
import { Unsent } from './unsent.tsx'

/** A new thread: an ask, which must end in an answer, or a notify. */
export function ComposePage() {
  const { query, route } = useLocation()
  const [opening, setOpening] = useState<Opening>(() => openingOf(query))
  const given = useAddress(opening.to)
  const set = (part: Partial<Opening>): void => setOpening({ ...opening, ...part })
  const send = (body: string, files: readonly string[]): void => {
    const to = given
    const common = {
      to,
      body,
      priority: opening.priority,
      ...(files.length > 0 && { attachments: [...files] }),
      ...(isSelector(to) && { select: opening.select }),
    }
    const said = opening.kind === 'ask' ? say('threads.ask', { ...common, ...deadlineOf(opening) }, to) : say('threads.notify', common, to)
    // While the daemon is away the list shows what is on its way.
    if (connection.value.state !== 'online') return route('/threads')
    void said.then((answer) => {
      const threads = new Set(answer?.sent.map(({ thread }) => thread))
      const [thread] = threads
      // What was refused stays here; and whoever has gone elsewhere stays there.
      if (thread !== undefined && location.pathname === '/threads/new') route(threads.size === 1 ? `/threads/${thread}` : '/threads', true)
    })
  }
  return (
    <Page title="New message">
      <div class="compose">
        <Kind of={opening} set={set} />
        <PeerPicker label="To" value={given} onChange={(to) => set({ to })} />
        {isSelector(given) ? <Select of={opening} set={set} /> : null}
        <div class="compose-row">
          {opening.kind === 'ask' ? <DeadlineField of={opening} set={set} /> : null}
          <label class="field">
            <span>Priority</span>
            <select value={opening.priority} onChange={({ currentTarget }) => set({ priority: currentTarget.value as Opening['priority'] })}>
              <option value="normal">Normal</option>
              <option value="urgent">Urgent</option>
              <option value="low">Low</option>
            </select>
          </label>
        </div>
        <Composer
          about="new"
          label={opening.kind === 'ask' ? 'What should be done or answered?' : 'What should they know?'}
          rows={6}
          lacks={lackOf(opening, given)}
          ways={[{ label: opening.kind === 'ask' ? 'Ask' : 'Notify', send }]}
        />
        <Unsent />
      </div>
    </Page>
  )
}

function lackOf(opening: Opening, to: string): string | undefined {
  if (to === '') return 'Say to whom.'
  return opening.kind === 'ask' && opening.deadline === 'at' && opening.at === '' ? 'Say until when.' : undefined
}

/** A page that links here may know a peer by its id only. */
function useAddress(to: string): string {
  const isId = /^peer_/.test(to)
  const { data } = useLive('peers.get', isId ? { peer: to } : undefined, [])
  return isId && data ? addressOf(data.peer) : to
}

interface PartProps {
  readonly of: Opening
  readonly set: (part: Partial<Opening>) => void
}

function Kind({ of, set }: PartProps) {
  return (
    <fieldset class="kinds">
      <legend class="hidden">What it is</legend>
      {(
        [
          ['ask', 'Ask', 'It stays open until it is answered, declined or expired.'],
          ['notify', 'Notify', 'They are told, and need not answer.'],
        ] as const
      ).map(([kind, name, says]) => (
        <label key={kind} class="kind">
          <input type="radio" name="kind" checked={of.kind === kind} onChange={() => set({ kind })} />
          <span>
            <strong>{name}</strong>
            <span class="soft">{says}</span>
          </span>
        </label>
      ))}
    </fieldset>
  )
}

function Select({ of, set }: PartProps) {
  return (
    <label class="field">
      <span>Who gets it</span>
      <select value={of.select} onChange={({ currentTarget }) => set({ select: currentTarget.value as Opening['select'] })}>
        <option value="all">{of.kind === 'ask' ? 'All; each gets an ask of its own' : 'All of them'}</option>
        <option value="one">One of them</option>
      </select>
    </label>
  )
}

function DeadlineField({ of, set }: PartProps) {
  return (
    <>
      <label class="field">
        <span>Answer within</span>
        <select value={of.deadline} onChange={({ currentTarget }) => set({ deadline: currentTarget.value })}>
          {DEADLINES.map(([deadline, says]) => (
            <option key={deadline} value={deadline}>
              {says}
            </option>
          ))}
          <option value="at">Until a time…</option>
        </select>
      </label>
      {of.deadline === 'at' ? (
        <label class="field">
          <span>Until</span>
          <input type="datetime-local" value={of.at} onInput={({ currentTarget }) => set({ at: currentTarget.value })} />
        </label>
      ) : null}
    </>
  )
}
