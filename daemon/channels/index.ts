/** The channels domain: how people are reached away from the dashboard, and what they may say there. */
import type { Reader } from '../store/store.ts'
import type { Tx } from '../store/transaction.ts'
import type { Delivered } from '../threads/index.ts'
import { createBindingHandlers, createListing } from './binding.ts'
import type { ChannelDeps } from './deps.ts'
import { createTake, reportErrand } from './errands.ts'
import { createHearing } from './hearing.ts'
import { onCardGiven, onCardSettled, onMail } from './queueing.ts'
import { isLive, openChannels } from './rows.ts'

export type { ChannelSettings } from './deps.ts'

export function createChannels(deps: ChannelDeps) {
  const binding = createBindingHandlers(deps)
  const { press, hear } = createHearing(deps)
  return {
    onCardGiven,
    onCardSettled,
    onDelivered: (tx: Tx, { messageId, priority, draft }: Delivered) => {
      const { kind, from, recipients } = draft
      onMail(tx, deps, { messageId, kind, urgent: priority === 1, fromLeader: from?.role === 'orchestrator', recipients })
    },
    /** Whether anything is bound, or is about to be: without, no service is needed. */
    isNeeded: (reader: Reader, now: number): boolean =>
      openChannels(reader).some((row) => isLive(reader, row)) || reader.get('SELECT 1 FROM channel_codes WHERE expires_at > ?', now) !== undefined,
    commands: {
      'push.subscribe': binding.subscribe,
      'push.unsubscribe': binding.unsubscribe,
      'channels.bind': binding.bind,
      'channels.confirm': binding.confirm,
      'channels.set': binding.set,
      'channels.unbind': binding.unbind,
      'channels.test': binding.test,
      'channels.take': createTake(deps),
      'channels.report': reportErrand,
      'channels.press': press,
      'channels.hear': hear,
    },
    queries: {
      'push.key': () => ({ key: deps.settings.pushKey() }),
      'channels.list': createListing(deps),
    },
  } as const
}
