import type { OperationName, PeerRef } from '../../src/contract/index.ts'
import type { MusterError } from '../../src/errors.ts'

/** The command for each operation that the daemon's hints may name; a test holds the table to the contract's doors. */
export const COMMAND_OF: Partial<Record<OperationName, string>> = {
  'node.status': 'status',
  'node.backup': 'backup',
  'node.diagnose': 'doctor',
  'peers.get': 'peers',
  'peers.list': 'peers',
  'peers.describe': 'describe',
  'peers.rename': 'peers rename',
  'peers.retire': 'peers retire',
  'enrolments.create': 'token enrol',
  'enrolments.list': 'token list',
  'enrolments.revoke': 'token revoke',
  'credentials.create': 'token issue',
  'credentials.list': 'token list',
  'credentials.revoke': 'token revoke',
  'pairings.begin': 'pair',
  'pairings.confirm': 'pair',
  'pairings.cancel': 'pair',
  'pairings.list': 'pair',
  'devices.list': 'devices list',
  'devices.rename': 'devices rename',
  'devices.revoke': 'devices revoke',
  'channels.list': 'channels list',
  'channels.test': 'channels test',
  'channels.unbind': 'channels unbind',
  'actions.propose': 'as-person',
  'actions.reject': 'as-person',
  'actions.get': 'as-person',
  'passphrase.approve': 'as-person',
  'threads.ask': 'ask',
  'threads.notify': 'notify',
  'threads.broadcast': 'broadcast',
  'threads.reply': 'answer --more',
  'threads.answer': 'answer',
  'threads.decline': 'decline',
  'threads.cancel': 'thread --cancel',
  'threads.get': 'thread',
  'threads.list': 'thread',
  'threads.owed': 'inbox',
  'threads.wait': 'ask',
  'threads.trace': 'trace',
  'artifacts.upload': 'notify --attach',
  'artifacts.read': 'attachment get',
  'artifacts.list': 'attachment list',
  'threads.redact': 'redact',
  'fans.open': 'fan',
  'fans.get': 'fan',
  'fans.list': 'fan',
  'fans.wait': 'fan',
  'fans.cancel': 'fan --cancel',
  'messages.search': 'search',
  'messages.why': 'why',
  'schedules.create': 'schedule add',
  'schedules.edit': 'schedule edit',
  'schedules.pause': 'schedule pause',
  'schedules.resume': 'schedule resume',
  'schedules.run': 'schedule run',
  'schedules.delete': 'schedule remove',
  'schedules.get': 'schedule show',
  'schedules.list': 'schedule list',
  'schedules.history': 'schedule history',
  'schedules.preview': 'schedule preview',
  'orchestrators.status': 'orchestrator status',
  'orchestrators.claim': 'orchestrator claim',
  'orchestrators.handover': 'orchestrator handover',
  'orchestrators.resign': 'orchestrator resign',
  'orchestrators.note': 'orchestrator note',
  'orchestrators.appoint': 'orchestrator appoint',
  'orchestrators.record': 'orchestrator record',
  'reviews.queue': 'review queue',
  'reviews.request': 'review request',
  'reviews.assign': 'review assign',
  'reviews.mark': 'review mark',
  'reviews.comment': 'review comment',
  'reviews.withdraw': 'review withdraw',
  'reviews.get': 'review show',
  'reviews.list': 'review list',
  'watchdogs.create': 'watchdog',
  'watchdogs.pause': 'watchdog pause',
  'watchdogs.resume': 'watchdog resume',
  'watchdogs.delete': 'watchdog remove',
  'watchdogs.get': 'watchdog show',
  'watchdogs.list': 'watchdog list',
  'watchdogs.history': 'watchdog history',
  'ingress.create': 'ingress create',
  'ingress.update': 'ingress update',
  'ingress.pause': 'ingress pause',
  'ingress.resume': 'ingress resume',
  'ingress.rotate': 'ingress rotate',
  'ingress.finish': 'ingress finish',
  'ingress.remove': 'ingress remove',
  'ingress.get': 'ingress show',
  'ingress.list': 'ingress list',
  'ingress.arrivals': 'ingress show',
  'ingress.test': 'ingress test',
  'decisions.raise': 'decide raise',
  'decisions.request': 'decide request',
  'decisions.resolve': 'decide resolve',
  'decisions.comment': 'decide comment',
  'decisions.withdraw': 'decide withdraw',
  'decisions.get': 'decide show',
  'decisions.list': 'decide list',
  'decisions.queue': 'decide queue',
  'decisions.quiet': 'decide quiet',
  'approvals.use': 'decide use',
  'approvals.check': 'decide check',
  'approvals.preview': 'decide preview',
  'approvals.list': 'decide approvals',
  'approvals.revoke': 'decide revoke',
  'tiers.list': 'decide tiers',
  'tiers.set': 'decide tier',
  'mailbox.ack': 'inbox --ack',
  'mailbox.inbox': 'inbox',
  'mailbox.peek': 'inbox --peek',
  'mailbox.dead': 'dead list',
  'mailbox.replay': 'dead replay',
  'mailbox.discard': 'dead discard',
  'pairs.list': 'pairs list',
  'pairs.release': 'pairs release',
  'circles.list': 'circles list',
  'circles.create': 'circles create',
  'grants.add': 'grants give',
  'grants.remove': 'grants revoke',
  'grants.list': 'grants list',
  'board.get': 'board',
  'digest.get': 'digest',
  'digest.seen': 'digest',
  'events.list': 'events',
  'events.subscribe': 'events --follow',
  'events.timeline': 'timeline',
}

/** Input fields as a program spells them, and what stands for them here. Longest first. */
const SPELLINGS: readonly (readonly [RegExp, string])[] = [
  [/`select: "(one|all)"`/g, '--$1'],
  [/`select`/g, '--one and --all'],
  [/`deadlineAt`|`deadline`/g, '--deadline'],
  [/`expiresAt`/g, '--expires'],
  [/`enough`/g, '--enough'],
  [/`force`/g, '--force'],
]

/** A hint of the daemon, which speaks to programs, in the words of the command line. */
export function hintInCommands(hint: string): string {
  const named = hint.replace(/\b[a-z]+\.[a-z]+\b/g, (word) => {
    const command = COMMAND_OF[word as OperationName]
    return command === undefined ? word : `muster ${command}`
  })
  return SPELLINGS.reduce((text, [pattern, flag]) => text.replace(pattern, flag), named)
}

/** The daemon's sentence, with the name or id that it is about. */
export function messageOf({ message, details }: MusterError): string {
  const about = details['address'] ?? details['id'] ?? details['name']
  return typeof about === 'string' ? `${message.replace(/\.$/, '')}: ${about}` : message
}

/** Whom an ambiguous address may mean. */
export function candidatesOf({ details }: MusterError): string | undefined {
  const candidates = details['candidates']
  if (!Array.isArray(candidates) || candidates.length === 0) return undefined
  const named = (candidates as PeerRef[]).map(({ id, name, circle }) => `${name}@${circle} (${id})`)
  return `It may mean ${named.join(', ')}.`
}
