import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { Id, IdempotencyKey, Line, Text, Time } from './common.ts'
import { operation } from './operation.ts'
import { PeerRef } from './peers.ts'

/** `push`: a browser of a paired device; the others as the settings `telegram`, `ntfy` and `webhooks` say. */
export const ChannelKind = z.enum(['push', 'telegram', 'ntfy', 'webhook'])
/** `cards`: what waits for a decision, and that it was decided. `mail`: urgent asks and notifies from anybody, and all that an orchestrator says. */
const Want = z.enum(['cards', 'mail'])
const Wants = z.array(Want).max(Want.options.length)
const BASE64URL = /^[A-Za-z0-9_-]+$/

/** One way to reach a person away from the dashboard. */
export const Channel = z.object({
  id: Id('channel'),
  kind: ChannelKind,
  person: PeerRef,
  /** The device that bound it. The channel ends with it. */
  device: z.string(),
  /** What it leads to, as people know it: the host of the push service, `@ann`, a topic, the name of a webhook. */
  label: z.string(),
  wants: z.array(Want),
  boundAt: Time,
  /** Whether its person has said that it is theirs: of an account that has sent a code. Until then it is told nothing, and decides nothing. */
  confirmed: z.boolean(),
  /** When something reached it last. */
  lastSentAt: Time.nullable(),
  /** How many notices wait to be sent. */
  waiting: z.int(),
  /** How many were given up. */
  dead: z.int(),
  /** What the last attempt met, where it failed. */
  problem: z.string().nullable(),
  endedAt: Time.nullable(),
  /** Why it ended: `unbound`, `replaced`, `device`, or what its other side said. */
  reason: z.string().nullable(),
})

const noTool = { none: 'How people are reached is never offered to a model.' } as const
const noRoute = { none: "It is for the daemon's own service, which has a connection." } as const
const noCommand = { none: "It is for the daemon's own service." } as const
const ofService = { http: noRoute, cli: noCommand, mcp: noTool } as const
const byDevice = { none: 'It takes a paired device.' } as const
const Which = { channel: Id('channel') }
const One = z.object({ channel: Channel })

export const keyPush = operation({
  name: 'push.key',
  kind: 'query',
  access: 'person',
  summary: 'The public key (VAPID) with which a page subscribes to push messages of this node.',
  input: z.strictObject({}),
  output: z.object({ key: z.string() }),
  doors: { http: 'GET /v1/push-key', cli: { none: 'A terminal gets no push messages.' }, mcp: noTool },
})

export const subscribePush = operation({
  name: 'push.subscribe',
  kind: 'command',
  access: 'person',
  summary: "Have push messages sent to the calling device: what the browser's PushSubscription says. An earlier one of the device makes room.",
  input: z.strictObject({
    /** At a push service of the known browsers, or one that the setting `pushHosts` names. */
    endpoint: Line(LIMITS.maxPushEndpointChars).refine((text) => URL.canParse(text), 'Expected the URL of a push service'),
    keys: z.strictObject({
      /** A point of P-256, uncompressed: 65 bytes. */
      p256dh: z.string().length(87, 'Expected 65 bytes as base64url').regex(BASE64URL, 'Expected base64url'),
      /** 16 bytes. */
      auth: z.string().length(22, 'Expected 16 bytes as base64url').regex(BASE64URL, 'Expected base64url'),
    }),
    wants: Wants.default(['cards', 'mail']),
  }),
  output: One,
  doors: { http: 'PUT /v1/push-subscription', cli: { none: 'A terminal gets no push messages.' }, mcp: noTool },
})

export const unsubscribePush = operation({
  name: 'push.unsubscribe',
  kind: 'command',
  access: 'person',
  summary: 'Have no more push messages sent to the calling device.',
  input: z.strictObject({}),
  output: z.object({ channel: Channel.nullable() }),
  doors: { http: 'DELETE /v1/push-subscription', cli: { none: 'A terminal gets no push messages.' }, mcp: noTool },
})

export const listChannels = operation({
  name: 'channels.list',
  kind: 'query',
  access: 'reader',
  summary: 'The channels, those that ended lately among them: a person sees its own, the administrator all. And what could be bound.',
  input: z.strictObject({}),
  output: z.object({
    channels: z.array(Channel),
    /** What the settings allow. */
    available: z.object({
      /** Whether a browser may subscribe. It needs a page that came over https, or on this machine. */
      push: z.boolean(),
      telegram: z.boolean(),
      ntfy: z.boolean(),
      /** By their names. */
      webhooks: z.array(z.string()),
    }),
    /** The calling device's own subscription to push messages. */
    own: Id('channel').nullable(),
  }),
  doors: { http: 'GET /v1/channels', cli: 'channels list', mcp: noTool },
})

export const bindChannel = operation({
  name: 'channels.bind',
  kind: 'command',
  access: 'person',
  summary:
    'Bind an account to yourself: a topic or a webhook at once; for Telegram, get a code to send to the bot from the account that is meant, and confirm that account.',
  input: z
    .strictObject({
      kind: z.enum(['telegram', 'ntfy', 'webhook']),
      /** Of ntfy: the topic, at the server of the setting `ntfy`. */
      topic: z
        .string()
        .regex(/^[A-Za-z0-9_-]{1,64}$/, 'Expected 1 to 64 letters, digits, "-" or "_"')
        .optional(),
      /** Of a webhook: its name in the setting `webhooks`. */
      webhook: Line(64).min(1).optional(),
      wants: Wants.default(['cards', 'mail']),
    })
    .refine(({ kind, topic }) => (kind === 'ntfy') === (topic !== undefined), 'A topic goes with kind "ntfy", which needs one')
    .refine(({ kind, webhook }) => (kind === 'webhook') === (webhook !== undefined), 'A webhook goes with kind "webhook", which needs one'),
  output: z.object({
    /** `null` of Telegram, until its code was sent. */
    channel: Channel.nullable(),
    /** To be sent to the bot as `/start <code>`, once, in a private chat. */
    code: z.string().nullable(),
    expiresAt: Time.nullable(),
  }),
  doors: { http: 'POST /v1/channels 201', cli: byDevice, mcp: noTool },
})

export const confirmChannel = operation({
  name: 'channels.confirm',
  kind: 'command',
  access: 'person',
  summary: 'Say that the account that has sent the code is yours, as its label says. From then on it speaks for you.',
  input: z.strictObject(Which),
  output: One,
  doors: { http: 'POST /v1/channels/:channel/confirm', cli: byDevice, mcp: noTool },
})

export const setChannel = operation({
  name: 'channels.set',
  kind: 'command',
  access: 'person',
  summary: 'Choose what a channel of yours is told.',
  input: z.strictObject({ ...Which, wants: Wants }),
  output: One,
  doors: { http: 'PATCH /v1/channels/:channel', cli: byDevice, mcp: noTool },
})

export const unbindChannel = operation({
  name: 'channels.unbind',
  kind: 'command',
  access: 'reader',
  summary: 'End a channel: its person, or the administrator. What waited for it is not sent.',
  input: z.strictObject(Which),
  output: One,
  doors: { http: 'DELETE /v1/channels/:channel', cli: 'channels unbind', mcp: noTool },
})

export const testChannel = operation({
  name: 'channels.test',
  kind: 'command',
  access: 'reader',
  summary: 'Send a notice to a channel to see whether it arrives: its person, or the administrator.',
  input: z.strictObject(Which),
  output: One,
  doors: { http: 'POST /v1/channels/:channel/test', cli: 'channels test', mcp: noTool },
})

/** What is to be said on a channel, in no form of any service yet. */
export const Notice = z.object({
  kind: z.enum(['card', 'mail', 'settled', 'test']),
  /** Names what it is about: what is said later under the same tag takes its place. */
  tag: z.string(),
  title: z.string(),
  body: z.string(),
  /** A path of the dashboard. */
  url: z.string(),
  urgent: z.boolean(),
  card: Id('decision').nullable(),
  /** Of a card, where Telegram is to show buttons: a nonce is good once, for this option and this channel. */
  options: z.array(z.object({ letter: z.string(), text: z.string(), nonce: z.string().nullable() })),
})

const Target = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('push'), endpoint: z.string(), p256dh: z.string(), auth: z.string() }),
  z.object({ kind: z.literal('telegram'), chat: z.string() }),
  z.object({ kind: z.literal('ntfy'), topic: z.string() }),
  z.object({ kind: z.literal('webhook'), name: z.string() }),
])

/** One notice to be sent: a row of the outbox. */
export const Errand = z.object({
  /** The same for each attempt: who receives it twice can tell by it. */
  id: Id('outbox'),
  channel: Id('channel'),
  at: Time,
  target: Target,
  notice: Notice,
  /** What the other side called the message that this one is about, where one was sent. */
  handle: z.string().nullable(),
})

export const takeChannels = operation({
  name: 'channels.take',
  kind: 'command',
  access: 'peer',
  summary: "What is to be sent now, the first of each channel. Only the daemon's own service may ask.",
  input: z.strictObject({
    /** The Telegram server and the bot that the service speaks for: only accounts that were bound there count. */
    bot: Line(300).nullable(),
    /** Channels that something is under way for. */
    busy: z.array(Id('channel')).max(LIMITS.maxBusyChannels).default([]),
  }),
  output: z.object({
    errands: z.array(Errand),
    /** When the next one is due that waits after a failure. */
    nextAt: Time.nullable(),
    /** Whether somebody may speak to the bot: an account is bound, or a code is out. */
    listen: z.boolean(),
  }),
  doors: ofService,
})

export const reportChannels = operation({
  name: 'channels.report',
  kind: 'command',
  access: 'peer',
  summary: "What came of one errand. Only the daemon's own service may say.",
  input: z.strictObject({
    errand: Id('outbox'),
    /** `gone`: the other side knows the channel no more, which ends it. `refused`: it takes this notice never. */
    outcome: z.enum(['sent', 'failed', 'refused', 'gone']),
    /** What the other side calls the message. */
    handle: Line(200).optional(),
    /** Why it was not sent; nothing that the other side said. */
    problem: Line(300).optional(),
    /** Not to be tried again for so long, as the other side says. */
    retryAfterSeconds: z.int().min(0).max(86_400).optional(),
  }),
  output: z.object({ known: z.boolean() }),
  doors: ofService,
})

/** From whom and where, as the Telegram server says. */
const Origin = {
  bot: Line(300),
  account: z.string().regex(/^\d{1,20}$/),
  chat: z.string().regex(/^-?\d{1,20}$/),
}
/** What is to be answered there; `null`: nothing, as to anybody whom the daemon does not know. */
const Said = z.object({ say: z.string().nullable() })

export const pressChannel = operation({
  name: 'channels.press',
  kind: 'command',
  access: 'peer',
  summary: "A button was pressed: decides the card in the name of the person to whom the account is bound. Only the daemon's own service may say.",
  input: z.strictObject({ ...Origin, nonce: Line(64) }),
  output: Said,
  doors: ofService,
})

export const hearChannel = operation({
  name: 'channels.hear',
  kind: 'command',
  access: 'peer',
  summary: "Something was written to the bot: a code that binds, a word about a card, or a word to the orchestrator. Only the daemon's own service may say.",
  input: z.strictObject({
    ...Origin,
    /** Names the update: a repeat is answered as before. */
    key: IdempotencyKey,
    /** Whether nobody else is in the chat. */
    isPrivate: z.boolean(),
    /** How the account calls itself. */
    name: Line(64),
    text: Text(LIMITS.maxNoteChars),
    /** What the message that it replies to is called there. */
    replyTo: Line(200).optional(),
  }),
  output: Said,
  doors: ofService,
})
