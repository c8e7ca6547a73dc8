import * as z from 'zod'
import { isSet, type NtfySetting, type TelegramSetting, type WebhookSetting } from '../../src/channel-settings.ts'
import type { ChannelErrand } from '../../src/contract/index.ts'
import { MusterError } from '../../src/errors.ts'
import type { Duty, Part } from '../services/run-service.ts'
import { Bot } from './bot.ts'
import { BotApi } from './bot-api.ts'
import { type Channel, ChannelError } from './channel.ts'
import { Errands } from './errands.ts'
import { Ntfy } from './ntfy.ts'
import { Push } from './push.ts'
import { Telegram } from './telegram.ts'
import { Webhook } from './webhook.ts'

type Env = Readonly<Record<string, string | undefined>>

const Settings = z.object({
  push: z.object({ keys: z.string(), contact: z.string() }),
  telegram: z.custom<TelegramSetting | Readonly<Record<string, never>>>(),
  ntfy: z.custom<NtfySetting>(),
  webhooks: z.array(z.custom<WebhookSetting>()),
  publicUrl: z.string(),
})

/** Tells people what the daemon has for them, by the channels that they bound, and tells the daemon what they say there, until the signal aborts. */
export async function serve(duty: Duty, env: Env): Promise<void> {
  const { peer, report, signal } = duty
  const settings = Settings.parse(duty.settings)
  const { publicUrl, telegram, ntfy } = settings
  const parts = new Map<string, Part>()
  const note = (name: string, problem: string | undefined): void => {
    const part: Part = { name, state: problem === undefined ? 'ok' : 'failing', says: problem ?? 'works', at: new Date().toISOString() }
    const before = parts.get(name)
    parts.set(name, part)
    if (before?.state !== part.state || before.says !== part.says) report.parts([...parts.values()])
  }
  const api = 'token' in telegram && telegram.token !== undefined ? new BotApi(telegram as TelegramSetting, env) : undefined
  const bot = api && new Bot({ api, peer, signal, onState: (problem) => note('telegram', problem), onKnown: () => errands.wake() })
  const channels: Readonly<Record<string, Channel>> = {
    push: new Push(settings.push),
    ...(api && { telegram: new Telegram(api, publicUrl) }),
    ...(isSet(ntfy) && { ntfy: new Ntfy(ntfy, publicUrl, env) }),
    ...Object.fromEntries(settings.webhooks.map((setting) => [`webhook ${setting.name}`, new Webhook(setting, publicUrl, env)])),
  }
  const carry = async (errand: ChannelErrand): Promise<string | undefined> => {
    const name = nameOf(errand)
    const channel = channels[name]
    if (!channel) throw new ChannelError('failed', 'the settings have no such channel any more')
    try {
      const handle = errand.notice.kind === 'settled' ? await channel.withdraw(errand, signal) : await channel.send(errand, signal)
      note(name, undefined)
      return handle ?? undefined
    } catch (error) {
      // That a subscription has ended says nothing of the service.
      if (error instanceof ChannelError && error.outcome !== 'gone') note(name, error.message)
      throw error
    }
  }
  const errands: Errands = new Errands({
    peer,
    signal,
    carry,
    bot: () => bot?.id ?? null,
    onListen: (listen) => bot?.listen(listen),
    onReady: () => report.ready(),
    onProblem: (says) => report.log('error', says),
  })
  try {
    peer.on('status', ({ state }) => void (state === 'online' && errands.wake()))
    bot?.start()
    await follow(duty, () => errands.wake())
  } finally {
    await bot?.over()
    await errands.over()
    await Promise.all(Object.values(channels).map((channel) => channel.close()))
  }
}

function nameOf({ target }: ChannelErrand): string {
  return target.kind === 'webhook' ? `webhook ${target.name}` : target.kind
}

/** Wakes whenever an event says that something waits. */
async function follow({ peer, signal }: Duty, wake: () => void): Promise<void> {
  while (!signal.aborted) {
    const events = peer.events({ types: ['channel'], signal })
    // Subscribed first, asked then: nothing falls between.
    const first = events.next()
    wake()
    try {
      await first
      wake()
      for await (const _event of events) wake()
    } catch (error) {
      // The log has been cut, or is another one since a restore: what there is now is asked for again.
      if (!(error instanceof MusterError) || error.code !== 'cursor_expired') throw error
    }
  }
}
