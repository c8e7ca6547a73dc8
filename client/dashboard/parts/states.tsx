import type { ComponentChildren } from 'preact'
import { connection } from '../session/connection.ts'
import { wordsOf } from '../session/error-words.ts'
import type { Live } from '../session/live.ts'
import { Time } from './time.tsx'

/** What a place is for, while it is empty, and what would fill it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p class="empty-title">{title}</p>
      {children}
    </div>
  )
}

export function ErrorNote({ children }: { readonly children: ComponentChildren }) {
  return (
    <p class="error-note" role="alert">
      {children}
    </p>
  )
}

interface LoadedProps<T> {
  readonly of: Live<T>
  readonly children: (data: T) => ComponentChildren
  /** Lines of the skeleton while nothing is known. @default 3 */
  readonly lines?: number
}

/** What is known; that it is being asked; why it is not known. Old answers say how old they are. */
export function Loaded<T>({ of: { data, at, error }, children, lines = 3 }: LoadedProps<T>) {
  if (data === undefined) return error ? <ErrorNote>{wordsOf(error)}</ErrorNote> : <Skeleton lines={lines} />
  const isOld = connection.value.state !== 'online' || error !== undefined
  return (
    <>
      {isOld && at !== undefined ? (
        <p class="as-of">
          As of <Time at={new Date(at).toISOString()} />
          {error ? `. ${wordsOf(error)}` : '.'}
        </p>
      ) : null}
      {children(data)}
    </>
  )
}

function Skeleton({ lines }: { readonly lines: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {Array.from({ length: lines }, (_, index) => (
        <span key={index} />
      ))}
    </div>
  )
}
