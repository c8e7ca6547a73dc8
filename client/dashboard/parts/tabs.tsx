import { useLocation } from 'preact-iso'

interface TabsProps {
  /** What they lead through, for screen readers. */
  readonly label: string
  readonly of: readonly { readonly path: string; readonly name: string }[]
}

/** Pages that belong together: links, so each has an address of its own. */
export function Tabs({ label, of }: TabsProps) {
  const { path } = useLocation()
  return (
    <nav class="tabs" aria-label={label}>
      <ul>
        {of.map((each) => (
          <li key={each.path}>
            <a href={each.path} aria-current={path === each.path ? 'page' : undefined}>
              {each.name}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}
