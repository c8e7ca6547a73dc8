import { useEffect, useRef } from 'preact/hooks'

/** The end of a conversation: it is gone to when it is opened, and followed while it is looked at. Where the address names a message, that is gone to. */
export function EndSentinel({ grows }: { readonly grows: number }) {
  const mark = useRef<HTMLDivElement>(null)
  const isSeen = useRef(location.hash === '')
  useEffect(() => {
    if (!mark.current) return
    const observer = new IntersectionObserver(([entry]) => {
      if (entry && location.hash === '') isSeen.current = entry.isIntersecting
    })
    observer.observe(mark.current)
    return () => observer.disconnect()
  }, [])
  useEffect(() => {
    if (isSeen.current) mark.current?.scrollIntoView({ block: 'end' })
  }, [grows])
  return <div ref={mark} class="end" />
}

/** Goes to the message that the address names, page by page back to where it is. */
export function useNamedMessage(shown: number, older: (() => void) | undefined): void {
  const isDone = useRef(location.hash === '')
  useEffect(() => {
    if (isDone.current || shown === 0) return
    const message = document.getElementById(location.hash.slice(1))
    if (message) {
      isDone.current = true
      message.focus({ preventScroll: true })
      message.scrollIntoView({ block: 'center' })
    } else older?.()
  }, [shown])
}
