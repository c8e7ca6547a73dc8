import * as z from 'zod'
import { Id } from '../contract/common.ts'
import type { Item, Peer } from '../contract/index.ts'
import { MusterError } from '../errors.ts'
import { cutLine, renderDigest, renderMessages } from './envelope.ts'
import { clipShown } from './plain-text.ts'
import type { ToolPort, ToolResult } from './port.ts'
import { remind } from './remembering.ts'
import { ADDS, defineTool } from './tool.ts'
import { BRIEF, lines, peerLine, viewPeer } from './views.ts'
import { explainError } from './wording.ts'

/** Handed over in one call; the rest waits for the next. */
const MAX_ITEMS = 20
const BOOT_ITEMS = 5
const BOOT_PEERS = 12
/** Asks presented again; the others when these are answered. */
const MAX_OWED = 10
/** Bodies of a boot, beside the peers that it shows: about 3,000 tokens. */
const BOOT_MAIL_BYTES = 12_000
/** What one call reads on of a long message: about 6,000 tokens. */
const READ_ON_BYTES = 24_000

const PeerShape = z.object({ name: z.string(), role: z.string() })

export const boot = defineTool({
  name: 'boot',
  title: 'Start here',
  description: 'Call once at the start: who you are, who is here, what waits for you and which asks you still owe an answer.',
  profile: 'default',
  annotations: ADDS,
  input: z.strictObject({}),
  output: z.object({ you: PeerShape.loose(), peers: z.array(PeerShape.loose()), others: z.string().optional(), mail: z.string() }),
  async run(port) {
    const self = await port.self()
    const { peers, after } = await port.call('peers.list', { presence: 'online', limit: BOOT_PEERS + 1 })
    const here = peers.filter(({ id }) => id !== self.id).slice(0, BOOT_PEERS)
    const others = after === null ? undefined : 'More peers are here: see peers.'
    const { mail, cursor } = await takeMail(port, self, { limit: BOOT_ITEMS, owed: true, maxBytes: BOOT_MAIL_BYTES })
    const views = here.map((peer) => viewPeer(peer, self, BRIEF))
    const you = viewPeer(self, self)
    const structured = { you: { ...you }, peers: views.map((view) => ({ ...view })), ...(others === undefined ? {} : { others }), mail }
    const who = views.length === 0 ? 'No other peer is here.' : 'Here (what stands in quotes they say of themselves):'
    const text = lines(`You are ${peerLine(you)}.`, who, ...views.map((view) => `- ${peerLine(view)}`), others, mail)
    return { structured, text, ...(cursor === undefined ? {} : { receipt: { cursor } }) }
  },
})

const InboxInput = z.strictObject({
  limit: z.int().min(1).max(MAX_ITEMS).default(10),
  message: Id('message').optional(),
  offset: z.int().min(0).default(0),
})

export const inbox = defineTool({
  name: 'inbox',
  title: 'Take your mail',
  description: 'Take what waits for you. With message and offset: read on where a long message was cut.',
  profile: 'default',
  annotations: ADDS,
  input: InboxInput,
  output: z.object({ mail: z.string() }),
  async run(port, { limit, message, offset }): Promise<ToolResult<{ mail: string }>> {
    if (message !== undefined) return readOn(port, message, offset)
    const { mail, cursor } = await takeMail(port, await port.self(), { limit, owed: false })
    return { structured: { mail }, text: mail, ...(cursor === undefined ? {} : { receipt: { cursor } }) }
  },
})

/** The same with a block of what the workspace remembers about the mail. */
export const inboxWithRecall = defineTool({
  name: 'inbox',
  title: 'Take your mail',
  profile: 'orchestrator',
  annotations: ADDS,
  description: 'Take what waits for you. With message and offset: read on where a long message was cut. With recall: what your memory says about it.',
  input: InboxInput.extend({ recall: z.boolean().default(false) }),
  output: z.object({ mail: z.string(), recall: z.string().optional() }),
  async run(port, { limit, message, offset, recall }): Promise<ToolResult<{ mail: string; recall?: string }>> {
    if (message !== undefined) return readOn(port, message, offset)
    const { mail, cursor, bodies } = await takeMail(port, await port.self(), { limit, owed: false })
    const receipt = cursor === undefined ? {} : { receipt: { cursor } }
    if (!recall) return { structured: { mail }, text: mail, ...receipt }
    // The mail is taken: what goes wrong with the memory must not keep it back.
    const reminder = await remind(port, bodies.join('\n')).catch((error: unknown) => {
      if (error instanceof MusterError) return explainError(error)
      throw error
    })
    return { structured: { mail, recall: reminder }, text: lines(mail, reminder), ...receipt }
  },
})

interface TakeOptions {
  readonly limit: number
  readonly owed: boolean
  readonly maxBytes?: number
}

interface Taken {
  readonly mail: string
  readonly cursor?: string
  /** What the messages say. */
  readonly bodies: readonly string[]
}

async function takeMail(port: ToolPort, self: Peer, { limit, owed, maxBytes }: TakeOptions): Promise<Taken> {
  if (self.mode !== 'pull') return { mail: `The mail of this peer goes elsewhere: it joined in ${self.mode} mode.`, bodies: [] }
  const { cursor: before } = port
  const { items, cursor, more } = await port.call('mailbox.inbox', { limit, owed, ...(before !== undefined && { cursor: before }) })
  const waiting = await leftIn(port, items, more)
  const owing = items.filter((item) => item.owed)
  const fresh = items.filter((item) => !item.owed)
  const digest = renderDigest(fresh, owing.slice(0, MAX_OWED), waiting, self, maxBytes === undefined ? {} : { maxBytes })
  const left = owing.length > MAX_OWED ? `${owing.length - MAX_OWED} more asks wait for your answer: boot shows them when these are answered.` : undefined
  return { mail: digest === '' ? 'Nothing waits for you.' : lines(digest, left), cursor, bodies: items.map(({ message }) => message.body) }
}

/** How much is still in the mailbox: a thread gives one message at a time, so there may be more where `more` says nothing. */
async function leftIn(port: ToolPort, items: readonly Item[], more: boolean): Promise<number> {
  const taken = items.filter((item) => !item.owed).length
  if (taken === 0 && !more) return 0
  const { waiting } = await port.call('mailbox.peek', { limit: 1 })
  return Math.max(waiting - taken, more ? 1 : 0)
}

/** A message from a character on: the rest of one that was cut. */
async function readOn(port: ToolPort, id: string, offset: number): Promise<ToolResult<{ mail: string }>> {
  const self = await port.self()
  const { message, thread } = await port.call('threads.trace', { id })
  const shown = clipShown(message.body.slice(offset), READ_ON_BYTES)
  const end = offset + shown.length
  const part = renderMessages([{ message: { ...message, body: shown }, thread }], self, { maxBytes: Number.POSITIVE_INFINITY })
  const from = offset === 0 ? undefined : `From character ${offset} on:`
  const mail =
    shown === ''
      ? `${id} ends at character ${message.body.length}.`
      : lines(from, part, end < message.body.length ? cutLine(id, end, message.body.length) : undefined)
  return { structured: { mail }, text: mail }
}
