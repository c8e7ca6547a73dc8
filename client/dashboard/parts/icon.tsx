import type { IconNode } from 'lucide'
import { createElement } from 'preact'

interface IconProps {
  readonly of: IconNode
  /** Where it stands alone, what it means. Beside a text it is decoration. */
  readonly label?: string
}

/** One of Lucide's icons, as large as the text around it. */
export function Icon({ of, label }: IconProps) {
  const shapes = of.map(([tag, attributes], index) => createElement(tag, { ...attributes, key: index }))
  if (label === undefined)
    return (
      <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
        {shapes}
      </svg>
    )
  return (
    <svg class="icon" viewBox="0 0 24 24" role="img" aria-label={label}>
      <title>{label}</title>
      {shapes}
    </svg>
  )
}
