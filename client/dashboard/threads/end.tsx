import { useEffect, useRef } from 'preact/hooks'

/** The end of a conversation: it is gone to when it is opened, and followed while it is looked at. */
export function EndSentinel({ grows }: { readonly grows: number }) {
  const mark = useRef<HTMLDivElement>(null)
  const isSeen = useRef(true)
  useEffect(() => {
    if (!mark.current) return
    const observer = new IntersectionObserver(([entry]) => {
      if (entry) isSeen.current = entry.isIntersecting
    })
    observer.observe(mark.current)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    if (isSeen.current) mark.current?.scrollIntoView({ block: 'end' })
  }, [grows])
  return <div ref={mark} class="end" />
}
