import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

/** The way to the next page of a list: what is behind it is asked when somebody wants it. */
export function Older({ children, label = 'Show older' }: { readonly children: () => ComponentChildren; readonly label?: string }) {
  const [isOpen, setOpen] = useState(false)
  if (isOpen) return <>{children()}</>
  return (
    <p class="older">
      <button type="button" onClick={() => setOpen(true)}>
        {label}
      </button>
    </p>
  )
}
