import { ArrowLeft } from 'lucide'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Icon } from './icon.tsx'

interface PageProps {
  readonly title: string
  /** What stands beside the title: the page's own actions. */
  readonly actions?: ComponentChildren
  /** The list that it is in, where a person came from. */
  readonly back?: { readonly href: string; readonly label: string } | undefined
  readonly children: ComponentChildren
}

/** One place of the dashboard: names the document, and takes the focus, so that a screen reader says where one has come to. */
export function Page({ title, actions, back, children }: PageProps) {
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · Muster`
  }, [title])
  useEffect(() => heading.current?.focus({ preventScroll: true }), [])
  return (
    <div class="page">
      <header class="page-header">
        {back ? (
          <a class="button quiet page-back" href={back.href}>
            <Icon of={ArrowLeft} label={back.label} />
          </a>
        ) : null}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions ? <div class="page-actions">{actions}</div> : null}
      </header>
      {children}
    </div>
  )
}

/** A part of a page under a heading of its own. */
export function Section({ title, count, children }: { readonly title: string; readonly count?: number; readonly children: ComponentChildren }) {
  return (
    <section class="section">
      <h2>
        {title}
        {count === undefined ? null : <span class="count">{count}</span>}
      </h2>
      {children}
    </section>
  )
}
