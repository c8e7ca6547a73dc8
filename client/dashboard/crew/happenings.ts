import type { Event } from '../../browser.ts'

const WORDS: Readonly<Record<string, string>> = {
  'approval.granted': 'An approval was granted',
  'approval.revoked': 'An approval was revoked',
  'approval.used': 'An approval was used',
  'artifact.stored': 'A file was uploaded',
  'credential.created': 'A credential was minted',
  'credential.revoked': 'A credential was ended',
  'decision.closed': 'A card was decided',
  'decision.commented': 'A card was commented on',
  'decision.joined': 'Asked what a card asks already',
  'decision.left': 'Waits for a card no more',
  'decision.overdue': 'A card is overdue',
  'decision.raised': 'A card was raised',
  'delivery.dead': 'A message reached nobody',
  'delivery.discarded': 'A dead letter was discarded',
  'delivery.replayed': 'A dead letter was sent again',
  'fan.ended': 'A fan of asks ended',
  'fan.opened': 'Many were asked',
  'grant.added': 'Was let into another circle',
  'mailbox.acked': 'Took mail',
  'mailbox.read': 'Read mail',
  'mailbox.seen': 'Mail was seen in its session',
  'message.redacted': 'A message was redacted',
  'orchestrator.leading': 'Leads the circle',
  'orchestrator.vacant': 'Leads no more',
  'pair.parked': 'Was parked with another, for keeping each other busy',
  'pair.released': 'May speak with the other again',
  'peer.registered': 'Joined',
  'peer.retired': 'Retired',
  'review.assigned': 'A review was given out',
  'review.commented': 'A review was commented on',
  'review.ended': 'A review ended',
  'review.head': 'A review has a new head',
  'review.mentioned': 'Brought up something to review',
  'review.owed': 'A review is owed again',
  'review.reopened': 'A review was reopened',
  'review.requested': 'A review was asked for',
  'review.reviewed': 'Something was reviewed',
  'review.touched': 'Touched something to review',
  'review.unassigned': 'A review was taken back',
  'schedule.created': 'A schedule was made',
  'schedule.deleted': 'A schedule was deleted',
  'schedule.edited': 'A schedule was edited',
  'schedule.ended': 'A schedule ended',
  'schedule.fired': 'A schedule fired',
  'schedule.paused': 'A schedule was paused',
  'schedule.resumed': 'A schedule goes on',
  'thread.closed': 'An ask ended',
  'thread.message': 'More was said in a thread',
  'thread.moved': 'An ask changed hands',
  'thread.opened': 'A thread was opened',
  'thread.reminded': 'Was reminded of an ask',
}

const TURNS: Readonly<Record<string, string>> = { idle: 'Finished its turn', working: 'Began a turn', awaiting_input: 'Waits at its prompt' }
const PRESENCES: Readonly<Record<string, string>> = { online: 'Came', away: 'Fell silent', offline: 'Left' }

/** What an event says about a peer, in words. A type of a newer daemon stands as it is. */
export function happeningOf({ type, changed }: Pick<Event, 'type' | 'changed'>): string {
  if (type === 'peer.presence') return PRESENCES[String(changed['presence'])] ?? type
  if (type === 'peer.renamed') return `Is called ${String(changed['name'])} now`
  if (type === 'peer.described') return TURNS[String(changed['turn'])] ?? 'Described itself anew'
  const words = WORDS[type] ?? type
  const more = type === 'thread.closed' || type === 'decision.closed' ? changed['state'] : type === 'schedule.fired' ? changed['outcome'] : undefined
  return typeof more === 'string' ? `${words}: ${more.replace('_', ' ')}` : words
}

const PLACES: Readonly<Record<string, string>> = { thr: 'threads', dec: 'cards', rvw: 'reviews', sch: 'schedules', msg: 'messages' }

/** Where what an event is about is shown; `undefined` where nowhere. */
export function placeOf({ subject }: Pick<Event, 'subject'>): string | undefined {
  const place = PLACES[subject?.slice(0, 3) ?? '']
  return place && `/${place}/${subject}`
}
