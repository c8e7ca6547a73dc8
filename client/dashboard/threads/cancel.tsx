import { useState } from 'preact/hooks'
import { Dialog } from '../parts/dialog.tsx'
import { ErrorNote } from '../parts/states.tsx'
import { act, useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'

/** Takes an ask of this person back. */
export function CancelButton({ thread }: { readonly thread: string }) {
  const [asks, setAsks] = useState(false)
  const [reason, setReason] = useState('')
  const { busy, error, run } = useDoing()
  const isOff = busy || connection.value.state !== 'online'
  const cancel = async (): Promise<void> => {
    const given = reason.trim()
    if (await run(() => act('threads.cancel', { thread, ...(given !== '' && { reason: given }) }), 'The ask was cancelled.')) setAsks(false)
  }
  return (
    <>
      <button type="button" onClick={() => setAsks(true)}>
        Cancel ask
      </button>
      {asks ? (
        <Dialog title="Cancel this ask?" onClose={() => setAsks(false)}>
          <p>Whoever was asked is told to stop. What it has done stays done.</p>
          <label class="field">
            <span>Why (optional)</span>
            <textarea dir="auto" maxLength={2_000} value={reason} onInput={({ currentTarget }) => setReason(currentTarget.value)} />
          </label>
          {error ? <ErrorNote>{error}</ErrorNote> : null}
          <p class="buttons">
            <button type="button" class="danger" disabled={isOff} onClick={() => void cancel()}>
              Cancel the ask
            </button>
            <button type="button" onClick={() => setAsks(false)}>
              Keep it
            </button>
          </p>
        </Dialog>
      ) : null}
    </>
  )
}
