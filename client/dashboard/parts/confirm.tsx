import type { ComponentChildren } from 'preact'
import { useDoing } from '../session/act.ts'
import { connection } from '../session/connection.ts'
import { Dialog } from './dialog.tsx'
import { ErrorNote } from './states.tsx'

interface ConfirmProps {
  readonly title: string
  /** What the button says that does it. */
  readonly does: string
  /** Said when it was done. */
  readonly done: string
  readonly work: () => Promise<unknown>
  readonly onClose: (done: boolean) => void
  readonly danger?: boolean
  readonly disabled?: boolean
  /** What will happen. */
  readonly children: ComponentChildren
}

/** Asks before something that cannot be taken back; what the daemon says against it stands in the dialog. */
export function Confirm({ title, does, done, work, onClose, danger = false, disabled = false, children }: ConfirmProps) {
  const doing = useDoing()
  const submit = async (): Promise<void> => {
    if (await doing.run(work, done)) onClose(true)
  }
  return (
    <Dialog title={title} onClose={() => onClose(false)}>
      <form
        class="confirm"
        onSubmit={(event) => {
          event.preventDefault()
          void submit()
        }}
      >
        {children}
        {doing.error ? <ErrorNote>{doing.error}</ErrorNote> : null}
        <div class="buttons">
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={doing.busy || disabled || connection.value.state !== 'online'}>
            {doing.busy ? 'Sending…' : does}
          </button>
          <button type="button" onClick={() => onClose(false)}>
            Cancel
          </button>
        </div>
      </form>
    </Dialog>
  )
}
