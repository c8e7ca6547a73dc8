import { del, set } from 'idb-keyval'
import { act } from './act.ts'
import { deviceHalf } from './device.ts'
import { workerStore } from './worker-store.ts'

/** Whether this browser can be told something while the page is closed. */
export function canPush(): boolean {
  return 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window
}

/**
 * Has this device told of what waits, through the push service of its browser.
 *
 * @throws Error where the person or the browser says no
 */
export async function subscribe(): Promise<void> {
  if ((await Notification.requestPermission()) !== 'granted') throw new Error('The browser was told to show no notifications of this page.')
  const { key } = await act('push.key', {})
  const registration = await navigator.serviceWorker.ready
  const subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key })
  const { endpoint, keys = {} } = subscription.toJSON()
  await act('push.subscribe', { endpoint: endpoint ?? '', keys: { p256dh: keys['p256dh'] ?? '', auth: keys['auth'] ?? '' } })
}

export async function unsubscribe(): Promise<void> {
  await act('push.unsubscribe', {})
  const registration = await navigator.serviceWorker.ready
  await (await registration.pushManager.getSubscription())?.unsubscribe()
}

/** A service worker cannot read the storage in which the page keeps its half of the token, and needs it to answer a card from a notification. */
export async function lendHalf(): Promise<void> {
  const half = deviceHalf()
  if (half !== undefined) await set('half', half, workerStore()).catch(() => undefined)
}

export async function takeHalfBack(): Promise<void> {
  await del('half', workerStore()).catch(() => undefined)
}
