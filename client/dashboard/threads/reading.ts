import { useEffect } from 'preact/hooks'
import { act } from '../session/act.ts'
import { connection, me } from '../session/connection.ts'
import { useLive } from '../session/live.ts'

/** What waits for this person and was not read on any device. */
export function useUnread() {
  return useLive('mailbox.peek', { limit: 100 }, ['thread', `mailbox ${me.value?.id}`])
}

/**
 * What is shown is read, on all devices: of these threads alone, since nothing else was shown. The read marker (`mailbox.read`) would
 * take all that is older with it.
 */
export function useRead(threads: readonly string[]): void {
  const { data } = useUnread()
  const shown = new Set(threads)
  const deliveries = data?.items.filter(({ thread }) => shown.has(thread.id)).map(({ delivery }) => delivery.id) ?? []
  const isOnline = connection.value.state === 'online'
  useEffect(() => {
    if (deliveries.length === 0 || !isOnline) return
    const read = (): void => {
      if (document.visibilityState === 'visible') act('mailbox.ack', { deliveries }).catch(() => undefined)
    }
    read()
    document.addEventListener('visibilitychange', read)
    return () => document.removeEventListener('visibilitychange', read)
  }, [deliveries.join(), isOnline])
}
