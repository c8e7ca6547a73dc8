import { X } from 'lucide'
import { Icon } from '../parts/icon.tsx'
import { announcements, dismiss } from './announcements.ts'

/** What was just done, or refused. */
export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {announcements.value.map(({ id, text, tone }) => (
        <p key={id} class={`toast toast-${tone}`}>
          <span dir="auto">{text}</span>
          <button type="button" class="quiet" onClick={() => dismiss(id)}>
            <Icon of={X} label="Dismiss" />
          </button>
        </p>
      ))}
    </div>
  )
}
