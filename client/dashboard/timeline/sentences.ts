import type { Event } from '../../browser.ts'

type Changed = Event['changed']
type Words = string | ((changed: Changed) => string)

/** A value of an event as text; what is none is left out. */
const said = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value).replaceAll('_', ' ') : '')
/** The words, and behind a colon what an event says, where it does. */
const told = (words: string, value: unknown): string => (said(value) === '' ? words : `${words}: ${said(value)}`)
const list = (value: unknown): number => (Array.isArray(value) ? value.length : 0)
const several = (count: number, what: string): string => (count === 1 ? `a ${what}` : `${count} ${what}s`)

const PRESENCE: Readonly<Record<string, string>> = { online: 'came online', away: 'fell silent', offline: 'went offline' }
const TURNS: Readonly<Record<string, string>> = { working: 'began a turn', idle: 'ended its turn', awaiting_input: 'waits at its prompt' }

/** What each type of event says behind the name of whoever did it. Where nobody did, that is Muster. */
const SENTENCES: Readonly<Record<string, Words>> = {
  'action.done': 'had an action done that was proposed',
  'action.ended': 'let an action lapse that was proposed',
  'action.proposed': ({ operation }) => told('proposed an action', operation),
  'action.rejected': 'refused an action that was proposed',
  'action.allowed': ({ kind, tier }) => told(`was allowed an action${said(tier) === '' ? '' : ` (${said(tier)})`}`, kind),
  'approval.granted': ({ form }) => (form === 'lease' ? 'gave an approval as a lease' : 'gave an approval'),
  'approval.revoked': 'revoked an approval',
  'approval.used': ({ uses }) => `used an approval${typeof uses === 'number' && uses > 1 ? `, for the ${uses}. time` : ''}`,
  'arrival.accepted': 'took in an event from outside',
  'arrival.failed': ({ reason }) => told('could not send on an event from outside', reason),
  'arrival.filtered': 'passed over an event from outside that its source does not want',
  'artifact.stored': 'uploaded a file',
  'channel.bound': ({ label }) => told('bound a channel', label),
  'channel.claimed': ({ label }) => told('has an account that waits to be confirmed as a channel', label),
  'channel.dead': ({ problem }) => told('gave up on a notice of a channel', problem),
  'channel.ended': ({ reason }) => told('ended a channel', reason),
  'channel.offered': ({ kind }) => told('offered a code that binds a channel', kind),
  'channel.waiting': 'has a notice for a channel',
  'circle.created': ({ name }) => told('made a circle', name),
  'credential.created': 'minted a credential',
  'credential.revoked': 'revoked a credential',
  'decision.closed': ({ state, option }) => `${told('settled a card', state)}${said(option) === '' ? '' : ` (${said(option).toUpperCase()})`}`,
  'decision.commented': 'commented on a card',
  'decision.joined': 'asks the same as a card',
  'decision.left': 'does not ask any more what a card asks',
  'decision.overdue': 'made a card urgent, since its time is over',
  'decision.raised': ({ kind }) => (kind === 'approval' ? 'raised a card: an approval' : 'raised a card: a question'),
  'delivery.dead': 'gave up on a delivery: a dead letter',
  'delivery.discarded': 'discarded a dead letter',
  'delivery.replayed': 'replayed a dead letter',
  'device.renamed': ({ name }) => told('renamed a device', name),
  'enrolment.created': 'minted an enrolment',
  'enrolment.revoked': 'revoked an enrolment',
  'fan.ended': ({ state }) => told('ended a fan', state),
  'fan.opened': 'asked many at once',
  'grant.added': 'gave a grant',
  'grant.removed': 'took a grant back',
  'mailbox.acked': ({ acked }) => `acked ${several(list(acked), 'delivery').replace(/ys$/, 'ies')}`,
  'mailbox.read': 'read its mail',
  'mailbox.seen': ({ seen }) => `has seen ${several(list(seen), 'message')}, as its transcript proves`,
  'message.redacted': 'redacted a message',
  'node.restored': 'was restored from a backup',
  'orchestrator.leading': ({ how }) => told('leads the circle', how),
  'orchestrator.vacant': ({ how }) => told('leads the circle no more, and nobody does', how),
  'outbox.dead': 'could not do what must happen; look at its health',
  'pair.parked': 'parked two peers that kept each other busy',
  'pair.released': 'let a parked pair go on',
  'pairing.begun': 'began to pair a device',
  'pairing.ended': 'ended a pairing that came to nothing',
  'pairing.paired': ({ device }) => told('paired a device', device),
  'pairing.redeemed': ({ device }) => told('has the code of a pairing', device),
  'pairing.refused': 'refused a code or a confirmation of a pairing',
  'passphrase.cleared': 'took the passphrase away',
  'passphrase.refused': 'refused a wrong passphrase',
  'passphrase.set': ({ device }) => told('set the passphrase', device),
  'peer.described': ({ turn, description }) => TURNS[said(turn)] ?? told('described itself', description),
  'peer.presence': ({ presence }) => PRESENCE[said(presence)] ?? told('has another presence', presence),
  'peer.registered': 'joined',
  'peer.renamed': ({ name, was }) => `${told('has another name', name)}${said(was) === '' ? '' : `, and was ${said(was)}`}`,
  'peer.retired': 'retired',
  'quiet.set': 'changed the quiet hours',
  'review.assigned': 'gave a review to somebody',
  'review.commented': 'commented on a review',
  'review.ended': 'ended a review',
  'review.head': ({ head }) => told('changed what is to be reviewed', said(head).slice(0, 8)),
  'review.mentioned': 'linked to something to review',
  'review.observed': 'saw another result of the checks of a review',
  'review.owed': 'owes a review again',
  'review.refused': 'had no room for something to review',
  'review.reopened': 'reopened a review',
  'review.requested': 'asked for a review',
  'review.reviewed': ({ verdict }) => told('reviewed', verdict),
  'review.touched': 'touched something that is to be reviewed',
  'review.unassigned': 'took a review from whoever had it',
  'schedule.created': 'made a schedule',
  'schedule.deleted': 'deleted a schedule',
  'schedule.edited': 'edited a schedule',
  'schedule.ended': 'ended a schedule',
  'schedule.fired': ({ outcome }) => told('came to the time of a schedule', outcome),
  'schedule.paused': 'paused a schedule',
  'schedule.resumed': 'resumed a schedule',
  'source.created': 'made a source of events from outside',
  'source.paused': 'paused a source of events from outside',
  'source.removed': 'removed a source of events from outside',
  'source.resumed': 'resumed a source of events from outside',
  'source.rotated': 'ended the rotation of the secret of a source',
  'source.rotating': 'began to rotate the secret of a source',
  'source.updated': 'changed a source of events from outside',
  'thread.closed': ({ state }) => CLOSED[said(state)] ?? told('ended an ask', state),
  'thread.message': ({ late }) => (late === true ? 'said something late in a thread' : 'said more in a thread'),
  'thread.moved': 'moved an ask, since the lead passed on',
  'thread.opened': ({ kind }) => (kind === 'ask' ? 'asked something' : 'told something'),
  'thread.reminded': 'reminded the one who was asked',
  'tier.set': ({ kind, tier }) => told(`set a tier${said(tier) === '' ? '' : ` to ${said(tier)}`}`, kind),
  'watchdog.breached': ({ count }) => told('told of what is over its time', count),
  'watchdog.created': 'made a watchdog',
  'watchdog.deleted': 'deleted a watchdog',
  'watchdog.ended': 'ended a watchdog',
  'watchdog.over': ({ count }) => told('saw what was over its time end', count),
  'watchdog.paused': 'paused a watchdog',
  'watchdog.resumed': 'resumed a watchdog',
}

const CLOSED: Readonly<Record<string, string>> = {
  answered: 'answered an ask',
  declined: 'declined an ask',
  cancelled: 'cancelled an ask',
  expired: 'let an ask expire',
  failed: 'could not deliver an ask',
}

/** The types that have a sentence. */
export const KNOWN_TYPES: readonly string[] = Object.keys(SENTENCES)

/** What happened, in words behind the name of whoever did it. A type that is not known says its name. */
export function sentenceOf({ type, changed }: Pick<Event, 'type' | 'changed'>): string {
  const words = SENTENCES[type]
  if (words === undefined) return type
  return typeof words === 'string' ? words : words(changed)
}

const PLACES: Readonly<Record<string, string>> = {
  thr: '/threads',
  msg: '/messages',
  dlv: '/messages',
  dec: '/cards',
  peer: '/crew',
  sch: '/schedules',
  rvw: '/reviews',
}

/** Where one can look at what an event is about; `undefined` where there is no such place. */
export function placeOf(subject: string | null): string | undefined {
  const place = subject === null ? undefined : PLACES[subject.slice(0, subject.indexOf('_'))]
  return place === undefined ? undefined : `${place}/${subject}`
}

/** What the timeline can be narrowed to, with the first words of the types. */
export const KINDS = [
  ['threads', 'Threads', ['thread', 'message', 'fan']],
  ['deliveries', 'Deliveries', ['delivery', 'mailbox', 'pair', 'outbox']],
  ['decisions', 'Decisions', ['decision', 'approval', 'action', 'tier']],
  ['crew', 'The crew', ['peer', 'circle', 'orchestrator', 'grant']],
  ['schedules', 'Schedules', ['schedule', 'watchdog']],
  ['reviews', 'Reviews', ['review']],
  ['outside', 'From and to outside', ['arrival', 'source', 'channel', 'quiet']],
  ['access', 'Access and node', ['credential', 'enrolment', 'device', 'pairing', 'passphrase', 'artifact', 'node']],
] as const satisfies readonly (readonly [string, string, readonly string[]])[]
