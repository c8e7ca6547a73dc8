import type { ComponentChildren } from 'preact'
import { useId } from 'preact/hooks'

interface ControlProps {
  readonly id: string
  readonly 'aria-invalid': boolean
  readonly 'aria-describedby': string
}

interface FieldProps {
  readonly label: string
  /** What would be accepted. */
  readonly hint?: string
  /** What is wrong with what stands in it. */
  readonly error: string | undefined
  readonly children: (props: ControlProps) => ComponentChildren
}

/** A field with its label, what it takes, and what the daemon says against what stands in it. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId()
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-invalid': error !== undefined, 'aria-describedby': `${id}-hint` })}
      <p id={`${id}-hint`} class={error ? 'field-error' : 'soft'} {...(error && { role: 'alert' })}>
        {error ?? hint ?? ''}
      </p>
    </div>
  )
}
