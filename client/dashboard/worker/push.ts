import { get } from 'idb-keyval'
import type { PushPayload } from '../../../src/push-payload.ts'
import { DEVICE_HEADER } from '../../../src/rpc.ts'
import { workerStore } from '../session/worker-store.ts'

declare const self: ServiceWorkerGlobalScope

/** What a notification keeps for when it is tapped. */
interface Shown {
  readonly url: string
  readonly card: string | null
}

/** Shows what was pushed. A browser wants to see something for each message, so what is settled is replaced before it is taken away. */
export async function show(payload: PushPayload): Promise<void> {
  const { kind, tag, title, body, url, card, actions, urgent } = payload
  const data: Shown = { url, card }
  const options = { body, tag, data, icon: '/icon-192.png', badge: '/badge.png', lang: 'en' }
  if (kind === 'settled') {
    await self.registration.showNotification(title, { ...options, silent: true })
    for (const each of await self.registration.getNotifications({ tag })) each.close()
    return
  }
  // `actions` and `renotify` are in no lib of TypeScript, since not every browser has them; one that has not leaves them out.
  const more: object = { actions: actions.map(({ action, title }) => ({ action, title })), renotify: urgent, requireInteraction: urgent }
  await self.registration.showNotification(title, { ...options, ...more })
}

/** A tap on a button answers the card; one beside them opens its page. */
export async function onTap(notification: Notification, action: string): Promise<void> {
  const { url, card } = notification.data as Shown
  notification.close()
  if (action === '' || card === null) return open(url)
  const refusal = await resolve(card, action)
  if (refusal === undefined) return
  await self.registration.showNotification('Not decided', {
    body: refusal,
    tag: notification.tag,
    data: { url, card: null },
    icon: '/icon-192.png',
    badge: '/badge.png',
  })
}

/** Decides a card as this device. Returns why it could not. */
async function resolve(card: string, option: string): Promise<string | undefined> {
  const half = await get<string>('half', workerStore()).catch(() => undefined)
  if (half === undefined) return 'This device is not paired any more. Open the page.'
  const headers = { 'content-type': 'application/json', [DEVICE_HEADER]: half }
  const path = `/v1/decisions/${encodeURIComponent(card)}/resolve`
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify({ option }) }).catch(() => undefined)
  if (response === undefined) return 'The daemon cannot be reached now. Tap to open the card.'
  if (response.ok) return undefined
  const { error } = (await response.json().catch(() => ({}))) as { readonly error?: { readonly message?: string; readonly hint?: string } }
  return [error?.message, error?.hint].filter(Boolean).join(' ') || `The daemon said ${response.status}.`
}

async function open(url: string): Promise<void> {
  // A path of this page and nothing else, whatever was pushed.
  const target = new URL(url, self.location.origin)
  const address = target.origin === self.location.origin ? target.href : self.location.origin
  const [client] = await self.clients.matchAll({ type: 'window', includeUncontrolled: false })
  if (client) {
    await client.navigate(address).catch(() => null)
    await client.focus()
  } else await self.clients.openWindow(address)
}
