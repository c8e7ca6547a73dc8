import type { Output } from '../../../src/contract/index.ts'
import type { PushPayload } from '../../../src/push-payload.ts'
import { visible } from '../parts/plain-text.ts'
import { call } from './call.ts'

declare const self: ServiceWorkerGlobalScope

type Card = Output<'decisions.get'>['card']

/** What a notification keeps for when it is tapped. */
interface Shown {
  readonly url: string
  readonly card: string | null
}

const ICONS = { icon: '/icon-192.png', badge: '/badge.png', lang: 'en' }
/** Systems show two or three. */
const MAX_BUTTONS = 3

/** Shows what was pushed. A browser wants to see something for each message, so what is settled is replaced before it is taken away. */
export async function show(payload: PushPayload): Promise<void> {
  const { kind, tag, title, body, url, card, urgent } = payload
  const data: Shown = { url, card }
  if (kind === 'settled') {
    await self.registration.showNotification(title, { ...ICONS, body, tag, data, silent: true })
    for (const each of await self.registration.getNotifications({ tag })) each.close()
    return
  }
  const question = kind === 'card' && card !== null ? await waitingQuestion(card) : undefined
  const actions = question?.options.slice(0, MAX_BUTTONS).map(({ letter, text }) => ({ action: letter, title: visible(text) })) ?? []
  const words = question ? { title: `${question.requesters[0]?.name ?? 'muster'} asks`, body: visible(question.question) } : { title, body }
  // `actions` and `renotify` are in no lib of TypeScript, since not every browser has them; one that has not leaves them out.
  const more: object = { actions, renotify: urgent, requireInteraction: urgent }
  await self.registration.showNotification(words.title, { ...ICONS, body: words.body, tag: question?.id ?? tag, data, ...more })
}

/**
 * The card, where it is a question that waits. Buttons and all words above them come from the daemon itself: whoever could forge a push message could put
 * others there. An approval is given on its page only, where it can be read whole.
 */
async function waitingQuestion(id: string): Promise<Card | undefined> {
  const answer = await call<Output<'decisions.get'>>('GET', `/v1/decisions/${encodeURIComponent(id)}`)
  return answer.ok && answer.output.card.kind === 'question' && answer.output.card.state === 'waiting' ? answer.output.card : undefined
}

/** A tap on a button answers the card; one beside them opens its page. */
export async function onTap(notification: Notification, action: string): Promise<void> {
  const { url, card } = notification.data as Shown
  notification.close()
  if (action === '' || card === null) return open(url)
  const answer = await call('POST', `/v1/decisions/${encodeURIComponent(card)}/resolve`, { option: action })
  if (answer.ok) return
  await self.registration.showNotification('Not decided', { ...ICONS, body: answer.says, tag: notification.tag, data: { url, card: null } })
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
