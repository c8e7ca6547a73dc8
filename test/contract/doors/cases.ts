import { scryptSync } from 'node:crypto'
import type { Mode, OperationName } from '../../../src/contract/index.ts'
import type { ErrorCode } from '../../../src/errors.ts'
import { ACTION, QUESTION, REQUEST } from '../../support/cards.ts'
import type { CallerKind, Scene } from './scene.ts'

type Fields = Readonly<Record<string, unknown>>

/** One operation as every caller calls it. */
export interface Case {
  /** What it is called with, and what there must be for that. */
  readonly input: (scene: Scene) => Fields | Promise<Fields>
  /** The arguments of its tool, where the tool calls them otherwise. */
  readonly tool?: (input: Fields) => Fields
  /** Callers whose credential is taken and who are refused all the same. */
  readonly refused?: Readonly<Partial<Record<CallerKind, ErrorCode>>>
  /** How the peers consume; pull where nothing is said. */
  readonly mode?: Mode
}

const nothing: Case = { input: () => ({}) }
const asked = ({ sent }: { readonly sent: readonly { readonly thread: string; readonly message: string; readonly delivery: string }[] }) => {
  const [first] = sent
  if (!first) throw new Error('Nothing was sent')
  return first
}

/** Bob's ask to the caller. An observer is asked nothing: it is given somebody else's. */
const toMe = async ({ act, bob, me, eve, kind }: Scene) =>
  asked(await act(bob.token, 'threads.ask', { to: kind === 'observer' ? eve.id : me.id, body: 'Do you hear me?', causedBy: null }))
/** The caller's ask. An observer asks nothing: it is given somebody else's. */
const byMe = async ({ act, bob, me, eve, kind }: Scene) =>
  asked(await act(kind === 'observer' ? bob.token : me.token, 'threads.ask', { to: eve.id, body: 'Do you hear me?', causedBy: null }))
/** The caller's fan. An observer asks nothing: it is given somebody else's. */
const fanned = async ({ act, bob, me, eve, kind }: Scene) => {
  const { fan } = await act(kind === 'observer' ? bob.token : me.token, 'fans.open', { to: [eve.id], body: 'Do you hear me?', causedBy: null })
  return { fan: fan.id }
}
/** The same, cancelled: nothing is to be waited for. */
const ended = async (scene: Scene) => {
  const { act, bob, me, kind } = scene
  const { fan } = await fanned(scene)
  await act(kind === 'observer' ? bob.token : me.token, 'fans.cancel', { fan })
  return { fan }
}
/** The caller's schedule. An observer has none: it is given somebody else's. */
const planned = async ({ act, bob, me, kind }: Scene) => {
  const { schedule } = await act(kind === 'observer' ? bob.token : me.token, 'schedules.create', { body: 'Look.', every: '1h' })
  return { schedule: schedule.id }
}
/** The token of a lease of the caller; who cannot lead has none, and says another. */
const leading = async ({ act, me, kind }: Scene) => {
  if (kind !== 'orchestrator') return { token: '1' }
  const { leadership } = await act(me.token, 'orchestrators.claim', {})
  return { token: leadership.token ?? '' }
}
const LINK = 'https://github.com/crew/ship/pull/7'
/** A review of bob's work. */
const owed = async ({ act, bob }: Scene) => ({ review: (await act(bob.token, 'reviews.request', { subject: { pr: LINK } })).review.id })
/** The caller's watchdog. An observer has none: it is given somebody else's. */
const watching = async ({ act, bob, me, eve, kind }: Scene) => {
  const { watchdog } = await act(kind === 'observer' ? bob.token : me.token, 'watchdogs.create', { on: 'silence', peer: eve.id, for: '1h' })
  return { watchdog: watchdog.id }
}
/** The caller's card. An observer has none: it is given somebody else's. */
const raised = async ({ act, bob, me, kind }: Scene) => ({
  card: (await act(kind === 'observer' ? bob.token : me.token, 'decisions.raise', QUESTION)).card.id,
})
/** What eve, made a person for that, has said yes to: an approval of the caller's, or of somebody else's for an observer. */
const approved = async ({ act, bob, me, eve, kind, write, number }: Scene) => {
  const { card } = await act(kind === 'observer' ? bob.token : me.token, 'decisions.request', REQUEST)
  await write("UPDATE peers SET role = 'person' WHERE id = ?", number('peer', eve.id))
  const { approvals } = await act(eve.token, 'decisions.resolve', { card: card?.id ?? '', option: 'a' })
  return { card: card?.id ?? '', approval: approvals[0]?.id ?? '' }
}
const presented = async (scene: Scene) => ({ approval: (await approved(scene)).approval, action: ACTION })
/** Bob's notify to the caller. */
const note = async ({ act, bob, me }: Scene) => asked(await act(bob.token, 'threads.notify', { to: me.id, body: 'It rains.', causedBy: null }))
/** The same, in the caller's hand. */
const inHand = async (scene: Scene) => {
  const { delivery } = await note(scene)
  await scene.act(scene.me.token, 'mailbox.inbox', {})
  return delivery
}
const dead = async (scene: Scene) => {
  const { delivery } = await note(scene)
  await scene.write("UPDATE deliveries SET state = 'dead', ended_at = 1, reason = 'tried too often' WHERE id = ?", scene.number('delivery', delivery))
  return { delivery }
}
const orchestrator = async ({ act, adminToken, circle }: Scene) => {
  const { token } = await act(adminToken, 'enrolments.create', { circle, roles: ['orchestrator'] })
  return (await act(token, 'peers.register', { name: 'olga', role: 'orchestrator' })).peer.id
}

/** What bob's notify to the caller carries. */
const carried = async ({ act, upload, bob, me }: Scene) => {
  const attachments = [await upload(bob.token)]
  const { message } = asked(await act(bob.token, 'threads.notify', { to: me.id, body: 'See.', causedBy: null, attachments }))
  return (await act(bob.token, 'threads.trace', { id: message })).message.attachments[0]?.id ?? ''
}

const deviceOf = async ({ act }: Scene, { token }: Scene['me']) => (await act(token, 'credentials.list', {})).credentials[0]?.id ?? ''
/** The person of the scene: the caller where it is one, and otherwise eve. */
const person = async ({ kind, me, eve, write, number }: Scene) => {
  if (kind === 'person') return me
  await write("UPDATE peers SET role = 'person' WHERE id = ?", number('peer', eve.id))
  return eve
}
const device = async (scene: Scene) => ({ device: await deviceOf(scene, await person(scene)) })
/** A pairing of somebody new, on a node that has people. */
const begun = async (scene: Scene) => {
  await person(scene)
  const { pairing, code } = await scene.act(scene.adminToken, 'pairings.begin', { person: `ann-${scene.circle}` })
  return { pairing: pairing.id, code }
}
const redeemed = async (scene: Scene) => {
  const { code } = await begun(scene)
  const { pairing } = await scene.act(scene.adminToken, 'pairings.redeem', { code, device: 'phone' })
  return { pairing: pairing.id, comparison: pairing.comparison ?? '' }
}
/** What the caller has proposed to the person; where it cannot, the administrator. */
const proposed = async (scene: Scene) => {
  const { act, kind, me, bob, adminToken } = scene
  const proposal = { operation: 'threads.notify', input: { to: bob.id, body: 'It rains.' }, person: (await person(scene)).id }
  const isPeer = !['admin', 'enrolment', 'revoked', 'nobody'].includes(kind)
  return await act(isPeer ? me.token : adminToken, 'actions.propose', proposal)
}

const PASSPHRASE = 'five random words of mine'
/** Gives a person a passphrase, at lower costs than its device would. */
const remember = async (scene: Scene, owner: Scene['me']) => {
  const { write, number } = scene
  const hash = scryptSync(PASSPHRASE, 'salt', 32, { N: 16, r: 1, p: 1 }).toString('hex')
  await write(
    `INSERT OR REPLACE INTO passphrases (person_id, device_id, salt, hash, n, r, p, set_at) VALUES (?, ?, CAST('salt' AS BLOB), x'${hash}', 16, 1, 1, 0)`,
    number('peer', owner.id),
    number('credential', await deviceOf(scene, owner)),
  )
}
const SUBSCRIPTION = { endpoint: 'https://fcm.googleapis.com/fcm/send/x', keys: { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) } }
const ACCOUNT = { bot: 'https://api.telegram.org#1', account: '1', chat: '1' }
/** A channel of the person of the scene. */
const bound = async (scene: Scene) => ({ channel: (await scene.act((await person(scene)).token, 'push.subscribe', SUBSCRIPTION)).channel.id })
/** Where events come in to bob. Its secret is a variable that the daemon of the tests has. */
const hook = { verify: { by: 'token', header: 'X-Token' }, secret: { variable: 'MUSTER_HOME' }, to: 'bob' } as const
const source = async ({ act, adminToken, circle }: Scene) => ({
  source: (await act(adminToken, 'ingress.create', { ...hook, name: `events-${circle}`, circle })).source.name,
})
const rotating = async (scene: Scene) => {
  const named = await source(scene)
  await scene.act(scene.adminToken, 'ingress.rotate', { ...named, secret: { variable: 'PATH' } })
  return named
}

/** What only those may do who look after a circle. */
const UNTRUSTED = { agent: 'forbidden', service: 'forbidden', observer: 'forbidden' } as const
/** What only the administrator may do, and whom it lets. */
const NO_PEER = { ...UNTRUSTED, orchestrator: 'forbidden', person: 'forbidden' } as const
const POWERLESS = { agent: 'forbidden', service: 'forbidden', observer: 'forbidden', orchestrator: 'forbidden' } as const
const UNBOUND = { agent: 'not_found', service: 'not_found', observer: 'not_found', orchestrator: 'not_found' } as const
/** What only the daemon's own service may do. */
const NOT_THE_SERVICE = { agent: 'forbidden', service: 'forbidden', observer: 'forbidden', orchestrator: 'forbidden', person: 'forbidden' } as const
const UNCONCERNED = { agent: 'not_found', service: 'not_found', observer: 'not_found' } as const
const UNASKED = { observer: 'not_found' } as const
const NO_LEADER = { agent: 'forbidden', service: 'forbidden', person: 'forbidden', observer: 'forbidden' } as const
const NO_PERSON = { agent: 'forbidden', service: 'forbidden', orchestrator: 'forbidden', observer: 'forbidden' } as const
const MUTE = { observer: 'forbidden' } as const

/** How each operation of the contract is called. */
export const CASES: Readonly<Partial<Record<OperationName, Case>>> = {
  'node.ping': nothing,
  'node.status': nothing,
  'node.activity': { input: () => ({ over: 'day' }) },
  'node.diagnose': nothing,
  // Where nothing is written.
  'node.backup': { input: () => ({ path: 'not/from/the/root' }), refused: { admin: 'invalid_input' } },
  'peers.register': { input: () => ({ name: 'newcomer' }) },
  'peers.get': { input: ({ bob }) => ({ peer: bob.id }) },
  'peers.list': { input: ({ circle }) => ({ circle }), tool: () => ({}) },
  'peers.describe': { input: () => ({ description: 'At work.' }) },
  'peers.rename': { input: ({ me }) => ({ peer: me.id, name: 'another' }), tool: ({ name }) => ({ name }) },
  'peers.retire': { input: ({ me }) => ({ peer: me.id, reason: 'done' }), tool: ({ reason }) => ({ reason }) },
  'enrolments.create': { input: ({ circle }) => ({ circle }) },
  'enrolments.spawn': { input: () => ({ label: 'helpers' }), refused: MUTE },
  'enrolments.list': nothing,
  'enrolments.revoke': {
    input: async ({ act, adminToken, circle }) => ({ enrolment: (await act(adminToken, 'enrolments.create', { circle })).enrolment.id }),
  },
  'credentials.create': { input: ({ me }) => ({ peer: me.id, label: 'another' }), refused: { person: 'forbidden' } },
  'credentials.list': { input: ({ me }) => ({ peer: me.id }) },
  'credentials.revoke': {
    input: async (scene) => {
      const { act, me, kind } = scene
      // A person has one for each device, and mints none.
      return { credential: kind === 'person' ? await deviceOf(scene, me) : (await act(me.token, 'credentials.create', {})).credential.id }
    },
  },
  'pairings.begin': { input: ({ circle }) => ({ person: `ann-${circle}` }), refused: POWERLESS },
  'pairings.redeem': { input: async (scene) => ({ code: (await begun(scene)).code, device: 'phone' }) },
  // The scene has people: the administrator confirms nobody any more.
  'pairings.confirm': { input: redeemed, refused: { ...POWERLESS, admin: 'forbidden' } },
  'pairings.cancel': { input: async (scene) => ({ pairing: (await begun(scene)).pairing }), refused: POWERLESS },
  'pairings.list': { input: () => ({}), refused: POWERLESS },
  'devices.list': { input: () => ({}), refused: POWERLESS },
  'devices.rename': { input: async (scene) => ({ ...(await device(scene)), name: 'tablet' }), refused: POWERLESS },
  'devices.revoke': { input: device, refused: POWERLESS },
  'actions.propose': {
    input: async (scene) => ({ operation: 'threads.notify', input: { to: scene.bob.id, body: 'It rains.' }, person: (await person(scene)).id }),
  },
  'actions.approve': {
    input: async (scene) => {
      const { action, code } = await proposed(scene)
      return { action: action.id, code }
    },
  },
  'actions.reject': { input: async (scene) => ({ action: (await proposed(scene)).action.id }) },
  'actions.get': { input: async (scene) => ({ action: (await proposed(scene)).action.id }) },
  'actions.list': nothing,
  'passphrase.set': { input: () => ({ passphrase: PASSPHRASE }) },
  'passphrase.clear': nothing,
  'passphrase.state': nothing,
  'passphrase.approve': {
    input: async (scene) => {
      const { action } = await proposed(scene)
      await remember(scene, await person(scene))
      return { action: action.id, passphrase: PASSPHRASE }
    },
  },
  'push.key': nothing,
  'push.subscribe': { input: () => SUBSCRIPTION },
  'push.unsubscribe': nothing,
  'channels.list': { input: () => ({}), refused: POWERLESS },
  // No bot is set there.
  'channels.bind': { input: () => ({ kind: 'telegram' }), refused: { person: 'invalid_input' } },
  'channels.confirm': { input: bound },
  'channels.set': { input: async (scene) => ({ ...(await bound(scene)), wants: ['mail'] }) },
  'channels.unbind': { input: bound, refused: UNBOUND },
  'channels.test': { input: bound, refused: UNBOUND },
  'channels.take': { input: () => ({ bot: null }), refused: NOT_THE_SERVICE },
  'channels.report': { input: () => ({ errand: 'out_k7qm2x1', outcome: 'sent' }), refused: NOT_THE_SERVICE },
  'channels.press': { input: () => ({ ...ACCOUNT, nonce: 'x' }), refused: NOT_THE_SERVICE },
  'channels.hear': { input: () => ({ ...ACCOUNT, key: 'u1', isPrivate: true, name: '@ann', text: 'a' }), refused: NOT_THE_SERVICE },
  'circles.list': nothing,
  'circles.create': { input: async (scene) => ({ name: `lab-${scene.circle}` }) },
  'grants.add': { input: async (scene) => ({ peer: await orchestrator(scene), circle: scene.circle }) },
  'grants.remove': {
    input: async (scene) => {
      const grant = { peer: await orchestrator(scene), circle: scene.circle }
      await scene.act(scene.adminToken, 'grants.add', grant)
      return grant
    },
  },
  'grants.list': nothing,
  'artifacts.upload': { input: () => ({ name: 'notes.txt' }), refused: MUTE },
  'artifacts.read': { input: async (scene) => ({ artifact: await carried(scene) }), tool: ({ artifact }) => ({ id: artifact }) },
  'artifacts.list': nothing,
  'threads.ask': {
    input: ({ bob }) => ({ to: bob.id, body: 'Do you hear me?', causedBy: null }),
    tool: ({ to, body }) => ({ to, text: body, wait: 0 }),
    refused: MUTE,
  },
  'threads.notify': {
    input: ({ bob }) => ({ to: bob.id, body: 'It rains.', causedBy: null }),
    tool: ({ to, body }) => ({ to, text: body }),
    refused: MUTE,
  },
  'threads.broadcast': {
    input: ({ circle }) => ({ to: `circle:${circle}`, body: 'It rains.', causedBy: null }),
    tool: ({ to, body }) => ({ to, text: body }),
    refused: MUTE,
  },
  'fans.open': {
    input: ({ bob, eve }) => ({ to: [bob.id, eve.id], body: 'Do you hear me?', causedBy: null }),
    tool: ({ to, body }) => ({ to, text: body, wait: 0 }),
    refused: MUTE,
  },
  'fans.get': { input: fanned, tool: ({ fan }) => ({ ticket: fan, seconds: 0 }), refused: UNASKED },
  'fans.list': nothing,
  'fans.wait': { input: ended, tool: ({ fan }) => ({ ticket: fan, seconds: 0 }), refused: UNASKED },
  'fans.cancel': { input: fanned, tool: ({ fan }) => ({ thread: fan }), refused: UNASKED },
  'threads.reply': {
    input: async (scene) => ({ thread: (await toMe(scene)).thread, body: 'Not yet.' }),
    tool: ({ thread, body }) => ({ thread, text: body }),
    refused: MUTE,
  },
  'threads.answer': {
    input: async (scene) => ({ thread: (await toMe(scene)).thread, body: 'Yes.' }),
    tool: ({ thread, body }) => ({ thread, text: body }),
    refused: UNASKED,
  },
  'threads.decline': {
    input: async (scene) => ({ thread: (await toMe(scene)).thread, reason: 'No.' }),
    tool: ({ thread, reason }) => ({ thread, text: reason }),
    refused: UNASKED,
  },
  'threads.cancel': { input: async (scene) => ({ thread: (await byMe(scene)).thread }), refused: UNASKED },
  'threads.get': { input: async (scene) => ({ thread: (await note(scene)).thread }) },
  'threads.list': {
    input: async (scene) => {
      await note(scene)
      return { side: 'theirs', limit: 10 }
    },
    tool: () => ({}),
  },
  'threads.owed': {
    input: async (scene) => {
      await toMe(scene)
      return {}
    },
  },
  'threads.wait': {
    input: async (scene) => {
      const { thread } = await note(scene)
      await scene.act(scene.bob.token, 'threads.reply', { thread, body: 'Still.' })
      return { thread, until: 'message' }
    },
    tool: ({ thread }) => ({ ticket: thread, seconds: 0 }),
  },
  'threads.trace': { input: async (scene) => ({ id: (await note(scene)).message }) },
  // Before its index: what is found is the same through every door, and nothing.
  'messages.search': { input: () => ({ text: 'nowhere' }) },
  'messages.why': { input: async (scene) => ({ id: (await note(scene)).message }) },
  'threads.redact': { input: async (scene) => ({ message: (await byMe(scene)).message, reason: 'A slip.' }), refused: UNASKED },
  'pairs.list': nothing,
  'pairs.release': {
    input: async ({ write, number, bob, eve }) => {
      await write(
        "INSERT INTO pairs (a, b, times, parked_at, parked_until, reason) VALUES (?, ?, '[]', 1, ?, 'x')",
        number('peer', bob.id),
        number('peer', eve.id),
        9e15,
      )
      return { a: bob.id, b: eve.id }
    },
    refused: { agent: 'forbidden', service: 'forbidden', observer: 'forbidden' },
  },
  'mailbox.ack': { input: async (scene) => ({ deliveries: [await inHand(scene)] }) },
  'mailbox.nack': { input: async (scene) => ({ delivery: await inHand(scene), attempt: 1, reason: 'not now' }) },
  'mailbox.extend': { input: async (scene) => ({ deliveries: [{ delivery: await inHand(scene), attempt: 1 }] }) },
  'mailbox.inbox': {
    input: async (scene) => {
      await note(scene)
      return { limit: 5 }
    },
  },
  'mailbox.peek': {
    input: async (scene) => {
      await note(scene)
      return { peer: scene.me.id }
    },
    tool: () => ({}),
  },
  'mailbox.read': { input: async (scene) => ({ upTo: (await note(scene)).delivery }), mode: 'read' },
  'mailbox.dead': {
    input: async (scene) => {
      await dead(scene)
      return { peer: scene.me.id }
    },
    tool: () => ({}),
  },
  'mailbox.replay': { input: dead },
  'mailbox.discard': { input: dead },
  'board.get': { input: ({ circle }) => ({ circle }) },
  'board.notes': { input: ({ circle }) => ({ circle, file: '/x', text: '', chars: 0, sha256: '0'.repeat(64) }), refused: NO_PEER },
  'reviews.queue': {
    input: async (scene) => {
      await owed(scene)
      return {}
    },
  },
  'reviews.list': {
    input: async (scene) => {
      await owed(scene)
      return {}
    },
  },
  'reviews.get': { input: owed },
  'reviews.request': { input: () => ({ subject: { pr: LINK } }), tool: () => ({ pr_url: LINK }), refused: MUTE },
  'reviews.mark': { input: owed, tool: ({ review }) => ({ pr_url: review }), refused: MUTE },
  'reviews.assign': { input: async (scene) => ({ ...(await owed(scene)), to: scene.eve.id }), refused: UNTRUSTED },
  'reviews.comment': { input: async (scene) => ({ ...(await owed(scene)), note: 'Mind the mast.' }), refused: MUTE },
  'reviews.withdraw': { input: async (scene) => ({ ...(await owed(scene)), reason: 'a spike' }), refused: UNTRUSTED },
  'reviews.observe': {
    input: async (scene) => {
      const { review } = await owed(scene)
      return { observations: [{ subject: { review }, state: 'open', at: '2026-01-01T00:00:00Z' }] }
    },
    refused: NO_PEER,
  },
  'reviews.watched': {
    input: async (scene) => {
      await owed(scene)
      return {}
    },
    refused: NO_PEER,
  },
  'schedules.create': {
    input: () => ({ body: 'Look.', every: '1h' }),
    tool: ({ body, every }) => ({ text: body, every }),
    refused: MUTE,
  },
  'schedules.edit': { input: planned, refused: UNASKED },
  'schedules.pause': { input: planned, refused: UNASKED },
  'schedules.resume': { input: planned, refused: UNASKED },
  'schedules.run': { input: planned, refused: UNASKED },
  'schedules.delete': { input: planned, tool: ({ schedule }) => ({ cancel: schedule }), refused: UNASKED },
  'schedules.get': { input: planned, refused: UNASKED },
  'schedules.list': nothing,
  'schedules.history': { input: planned, refused: UNASKED },
  'schedules.preview': { input: () => ({ cron: '0 9 * * *', zone: 'Europe/Berlin', count: 1 }) },
  'orchestrators.status': { input: ({ circle }) => ({ circle }) },
  'orchestrators.claim': { input: () => ({}), tool: () => ({ how: 'claim' }), refused: NO_LEADER },
  // Nobody else is there to take over.
  'orchestrators.handover': { input: leading, refused: { orchestrator: 'not_found' } },
  'orchestrators.resign': { input: leading, tool: (input) => ({ how: 'resign', ...input }) },
  'orchestrators.note': { input: async (scene) => ({ ...(await leading(scene)), notes: 'Look.' }), tool: (input) => ({ how: 'note', ...input }) },
  // Only who is there can be appointed, and here nobody is.
  'orchestrators.appoint': {
    input: async (scene) => ({ peer: await orchestrator(scene) }),
    refused: { ...NO_LEADER, orchestrator: 'forbidden', person: 'invalid_input', admin: 'invalid_input' },
  },
  'orchestrators.record': { input: ({ circle }) => ({ circle }), refused: { agent: 'forbidden', service: 'forbidden', observer: 'forbidden' } },
  'decisions.raise': { input: () => QUESTION, tool: ({ kind: _, ...card }) => card, refused: MUTE },
  'decisions.request': { input: () => REQUEST, refused: MUTE },
  // Nobody is asked where there is nobody; what a card does is in test/integration/daemon/permissions.test.ts.
  'decisions.permit': { input: () => ({ tool: 'Bash', arguments: { command: 'true' }, context: 'It wants to.' }), refused: MUTE },
  'decisions.resolve': { input: async (scene) => ({ ...(await raised(scene)), option: 'a' }), refused: NO_PERSON },
  'decisions.comment': {
    input: async (scene) => ({ ...(await raised(scene)), body: 'Mind the mast.' }),
    tool: ({ card, body }) => ({ card, comment: body }),
    refused: MUTE,
  },
  'decisions.withdraw': {
    input: async (scene) => ({ ...(await raised(scene)), reason: 'a spike' }),
    tool: ({ card, reason }) => ({ card, withdraw: reason }),
    refused: MUTE,
  },
  'decisions.get': { input: raised, refused: UNASKED },
  'decisions.list': nothing,
  'decisions.queue': nothing,
  'decisions.quiet': { input: () => ({ from: '22:00', to: '07:00', zone: 'UTC' }), refused: NO_PERSON },
  'approvals.use': { input: presented, refused: UNASKED },
  'approvals.check': { input: presented, refused: UNASKED },
  'approvals.preview': { input: async (scene) => ({ card: (await approved(scene)).card }), refused: UNASKED },
  'approvals.list': nothing,
  'approvals.revoke': { input: async (scene) => ({ approval: (await approved(scene)).approval }), refused: UNASKED },
  'tiers.list': { input: ({ circle }) => ({ circle }) },
  'tiers.set': { input: () => ({ kind: 'command', tier: 'notify' }), refused: NO_PERSON },
  'ingress.create': { input: ({ circle }) => ({ ...hook, name: `events-${circle}`, circle }), refused: POWERLESS },
  'ingress.update': { input: async (scene) => ({ ...(await source(scene)), text: '{{a}}' }), refused: POWERLESS },
  'ingress.pause': { input: async (scene) => ({ ...(await source(scene)), reason: 'too much' }), refused: POWERLESS },
  'ingress.resume': { input: source, refused: POWERLESS },
  'ingress.rotate': { input: async (scene) => ({ ...(await source(scene)), secret: { variable: 'PATH' } }), refused: POWERLESS },
  'ingress.finish': { input: async (scene) => ({ ...(await rotating(scene)), force: true }), refused: POWERLESS },
  'ingress.remove': { input: source, refused: POWERLESS },
  'ingress.get': { input: source, refused: UNCONCERNED },
  'ingress.list': nothing,
  'ingress.arrivals': { input: source, refused: UNCONCERNED },
  'ingress.test': { input: source, refused: POWERLESS },
  'watchdogs.create': { input: ({ bob }) => ({ on: 'silence', peer: bob.id, for: '1h' }), refused: MUTE },
  'watchdogs.pause': { input: watching, refused: UNASKED },
  'watchdogs.resume': { input: watching, refused: UNASKED },
  'watchdogs.delete': { input: watching, tool: ({ watchdog }) => ({ end: watchdog }), refused: UNASKED },
  'watchdogs.get': { input: watching, refused: UNASKED },
  'watchdogs.list': nothing,
  'watchdogs.history': { input: watching, refused: UNASKED },
  'digest.get': { input: () => ({ limit: 1 }), tool: () => ({}) },
  'digest.seen': {
    input: async ({ act, me }) => ({ cursor: (await act(me.token, 'events.list', { limit: 1 })).cursor }),
    tool: ({ cursor }) => ({ since: cursor }),
  },
  'sessions.boundary': {
    input: async (scene) => {
      await note(scene)
      return { at: 'prompt' }
    },
  },
  'sessions.watch': {
    input: async (scene) => {
      await note(scene)
      return {}
    },
  },
  'events.list': { input: () => ({ types: ['peer.registered'], limit: 3 }), tool: () => ({}) },
  'events.timeline': { input: ({ bob }) => ({ peer: bob.id, types: ['peer.registered'] }) },
  'events.subscribe': { input: () => ({ types: ['thread'] }) },
  'events.unsubscribe': { input: () => ({ subscription: 'sub-1' }) },
}
