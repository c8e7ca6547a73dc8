import * as z from 'zod'
import { Reason } from '../contract/common.ts'
import { listEvents } from '../contract/events.ts'
import { discardDead, listDead, replayDead } from '../contract/mailboxes.ts'
import { renamePeer, retirePeer } from '../contract/peers.ts'
import { redactMessage } from '../contract/threads.ts'
import { renderMessages } from './envelope.ts'
import { minuteOf } from './plain-text.ts'
import { ADDS, DESTROYS, defineTool, given, READS } from './tool.ts'
import { eventLines, lines, nameOf, QUOTED, words } from './views.ts'

const MAX_LISTED = 30
const MAX_PEEKED = 10
const MAX_TEXT_CHARS = 300

export const status = defineTool({
  name: 'status',
  title: 'How the daemon is',
  description: 'Version, peers, open asks, what is queued, dead letters.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({}),
  output: z.object({ node: z.string(), version: z.string(), online: z.int(), openAsks: z.int(), queued: z.int(), deadLetters: z.int(), readOnly: z.boolean() }),
  async run(port) {
    const { node, version, peers, openAsks, queued, deadLetters, readOnly } = await port.call('node.status', {})
    const structured = { node, version, online: peers.online, openAsks, queued, deadLetters, readOnly }
    const facts = Object.entries(structured).map(([name, value]) => `${name} ${value}`)
    return { structured, text: facts.join(', ') }
  },
})

export const circles = defineTool({
  name: 'circles',
  title: 'Your circles',
  description: 'The circles that you belong to or may reach.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({}),
  output: z.object({ circles: z.array(z.object({ name: z.string(), peers: z.int() })) }),
  async run(port) {
    const { circles } = await port.call('circles.list', {})
    const views = circles.map(({ name, peers }) => ({ name, peers }))
    return { structured: { circles: views }, text: lines(...views.map(({ name, peers }) => `${name}: ${peers} peers`)) }
  },
})

export const grants = defineTool({
  name: 'grants',
  title: 'Your grants',
  description: 'The circles beyond your own that you were granted.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({}),
  output: z.object({ grants: z.array(z.string()) }),
  async run(port) {
    const { grants } = await port.call('grants.list', {})
    const circles = grants.map(({ circle }) => circle)
    return { structured: { grants: circles }, text: circles.length === 0 ? 'None.' : circles.join(', ') }
  },
})

export const peek = defineTool({
  name: 'peek',
  title: 'Look at your mail',
  description: 'Look at what waits without taking it.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({}),
  output: z.object({ waiting: z.int(), mail: z.string() }),
  async run(port) {
    const self = await port.self()
    const { items, waiting } = await port.call('mailbox.peek', { limit: MAX_PEEKED })
    const mail = items.length === 0 ? 'Nothing waits for you.' : renderMessages(items, self)
    return { structured: { waiting, mail }, text: lines(`${waiting} waiting.`, mail) }
  },
})

const DeadShape = z.object({ delivery: z.string(), to: z.string(), died: z.string(), why: z.string() })

export const deadLetters = defineTool({
  name: 'dead_letters',
  title: 'Dead letters',
  description: 'Deliveries that failed for good, of your mailbox and of what you sent.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({ after: listDead.input.shape.after }),
  output: z.object({ dead: z.array(DeadShape), after: z.string().optional() }),
  async run(port, { after }) {
    const self = await port.self()
    const page = await port.call('mailbox.dead', { limit: MAX_LISTED, ...given({ after }) })
    const dead = page.dead.map(({ delivery, diedAt, reason }) => ({
      delivery: delivery.id,
      to: nameOf(delivery.to, self, ''),
      died: minuteOf(diedAt),
      why: words(reason, MAX_TEXT_CHARS),
    }))
    const next = page.after ?? undefined
    const told = dead.map(({ delivery, to, died, why }) => `${delivery} for ${to}, ${died}: ${why}`)
    const text = lines(...told, dead.length === 0 ? 'None.' : undefined, next && `More: dead_letters {"after":"${next}"}`)
    return { structured: { dead, ...given({ after: next }) }, text }
  },
})

const DeliveryState = z.object({ delivery: z.string(), state: z.string() })

export const replay = defineTool({
  name: 'replay',
  title: 'Replay a dead letter',
  description: 'Queue a dead letter again.',
  profile: 'full',
  annotations: ADDS,
  input: z.strictObject(replayDead.input.shape),
  output: DeliveryState,
  async run(port, input) {
    const { delivery } = await port.call('mailbox.replay', input)
    return { structured: { delivery: delivery.id, state: delivery.state }, text: `${delivery.id} is ${delivery.state}.` }
  },
})

export const discard = defineTool({
  name: 'discard',
  title: 'Discard a dead letter',
  description: 'Take a dead letter off the list; its message stays in the thread.',
  profile: 'full',
  annotations: DESTROYS,
  input: z.strictObject(discardDead.input.shape),
  output: DeliveryState,
  async run(port, input) {
    const { delivery } = await port.call('mailbox.discard', input)
    return { structured: { delivery: delivery.id, state: delivery.state }, text: `${delivery.id} is off the list.` }
  },
})

export const rename = defineTool({
  name: 'rename',
  title: 'Take another name',
  description: 'Take another name; your mail and threads stay yours.',
  profile: 'full',
  annotations: ADDS,
  input: z.strictObject({ name: renamePeer.input.shape.name }),
  output: z.object({ name: z.string() }),
  async run(port, { name }) {
    const { peer } = await port.call('peers.rename', { name })
    return { structured: { name: peer.name }, text: `You are ${peer.name} now.` }
  },
})

export const retire = defineTool({
  name: 'retire',
  title: 'Leave for good',
  description: 'Leave for good: asks to you fail, your mail is dead-lettered, your credentials end. Only when a person wants it.',
  profile: 'full',
  annotations: DESTROYS,
  input: z.strictObject({ reason: retirePeer.input.shape.reason }),
  output: z.object({ name: z.string(), retired: z.string() }),
  async run(port, { reason }) {
    const { peer } = await port.call('peers.retire', { reason })
    return { structured: { name: peer.name, retired: minuteOf(peer.retiredAt ?? '') }, text: `${peer.name} has left.` }
  },
})

export const redact = defineTool({
  name: 'redact',
  title: 'Redact a message',
  description: 'Replace the words of a message that you sent by a tombstone. There is no way back.',
  profile: 'full',
  annotations: DESTROYS,
  input: z.strictObject({ message: redactMessage.input.shape.message, reason: Reason }),
  output: z.object({ message: z.string(), redacted: z.boolean() }),
  async run(port, input) {
    const { message } = await port.call('threads.redact', input)
    return { structured: { message: message.id, redacted: message.redacted }, text: `${message.id} is redacted.` }
  },
})

export const events = defineTool({
  name: 'events',
  title: 'The event log',
  description: 'What happened after a cursor, oldest first; without one, the newest.',
  profile: 'full',
  annotations: READS,
  input: z.strictObject({ after: listEvents.input.shape.after, types: listEvents.input.shape.types }),
  output: z.object({ events: z.array(z.string()), cursor: z.string(), more: z.boolean() }),
  async run(port, { after, types }) {
    const self = await port.self()
    const page = await port.call('events.list', { limit: MAX_LISTED, preview: true, ...given({ after, types }) })
    const told = eventLines(page.events, self)
    const { cursor, more } = page
    return { structured: { events: told, cursor, more }, text: lines(QUOTED, ...told, `${more ? 'More' : 'Later'}: events {"after":"${cursor}"}`) }
  },
})
