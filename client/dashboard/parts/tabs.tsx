import { useEffect, useRef } from 'preact/hooks'
import { useLocation } from 'preact-iso'

interface TabsProps {
  /** What they lead through, for screen readers. */
  readonly label: string
  readonly of: readonly { readonly path: string; readonly name: string }[]
  /** The path of the one that is shown. @default the address */
  readonly at?: string
}

/** Pages that belong together: links, so each has an address of its own. */
export function Tabs({ label, of, at }: TabsProps) {
  const { path } = useLocation()
  const current = at ?? path
  const box = useRef<HTMLElement>(null)
  // On a phone they may be wider than the page.
  useEffect(() => box.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }), [current])
  return (
    <nav class="tabs" aria-label={label} ref={box}>
      <ul>
        {of.map((each) => (
          <li key={each.path}>
            <a href={each.path} aria-current={current === each.path ? 'page' : undefined}>
              {each.name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
