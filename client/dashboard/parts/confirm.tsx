import type { ComponentChildren } from 'preact'
import { useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { Dialog } from './dialog.tsx'
import { ErrorNote } from './states.tsx'

interface ConfirmProps {
  readonly title: string
  /** The word on the button that does it. */
  readonly does: string
  readonly work: () => Promise<unknown>
  /** What is said when it was done. */
  readonly done?: string
  readonly danger?: boolean
  readonly onClose: () => void
  /** What will happen. */
  readonly children: ComponentChildren
}

/** Asks before what cannot be taken back, and says what that is. It stays open until it was done. */
export function Confirm({ title, does, work, done, danger = false, onClose, children }: ConfirmProps) {
  const { busy, error, run } = useDoing()
  const go = async (): Promise<void> => {
    if (await run(work, done)) onClose()
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <div class="confirm">
        {children}
        {error ? <ErrorNote>{error}</ErrorNote> : null}
        <div class="buttons">
          <button type="button" class={danger ? 'danger' : 'primary'} disabled={busy || connection.value.state !== 'online'} onClick={() => void go()}>
            {does}
          </button>
          <button type="button" class="quiet" onClick={onClose}>
            Cancel
          </button>
        </div>
      </div>
    </Dialog>
  )
}
