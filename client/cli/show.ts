import type { Attachment, Event, EventPreview, Item, Message, Peer, PeerRef, Thread } from '../../src/contract/index.ts'
import { describeTouched } from '../../src/review-subjects.ts'
import type { Output } from './output.ts'
import { clip, safeLine, safeText } from './text.ts'
import { clockTime, relativeTime } from './when.ts'

/** The circle that everything is in until someone makes another; naming it each time would say nothing. */
export const MAIN_CIRCLE = 'main'
const BODY_INDENT = '    '
/** So much of what was said stands behind an event. */
const MAX_SAID_CHARS = 80

/** How a peer is addressed from a terminal; the daemon itself has no peer. */
export function peerName(peer: PeerRef | null): string {
  if (peer === null) return 'muster'
  return peer.circle === MAIN_CIRCLE ? peer.name : `${peer.name}@${peer.circle}`
}

/** Text of several lines, safe and set off from what the CLI says itself. */
function indented(text: string): string {
  return safeText(text.replace(/\n$/, ''))
    .split('\n')
    .map((line) => BODY_INDENT + line)
    .join('\n')
}

export function showPeers(out: Output, peers: readonly Peer[]): void {
  out.table(
    ['NAME', 'ROLE', 'PRESENCE', 'TURN', 'REACH', 'SEEN', 'DESCRIPTION'],
    peers.map((peer) => [peerName(peer), peer.role, presenceOf(peer), peer.turn, peer.reach, relativeTime(peer.lastSeenAt, out.now), aboutPeer(peer)]),
  )
}

export function showPeer(out: Output, peer: Peer): void {
  out.fields([
    ['peer', peerName(peer)],
    ['id', peer.id],
    ['circle', peer.circle],
    ['role', peer.role],
    ['runtime', peer.runtime],
    ['mode', peer.mode],
    ['presence', peer.presence],
    ['turn', peer.turn],
    ...(peer.turnSince === null ? [] : ([['turn changed', relativeTime(peer.turnSince, out.now)]] as const)),
    ['reach', peer.reach],
    ['seen', relativeTime(peer.lastSeenAt, out.now)],
    ['joined', relativeTime(peer.createdAt, out.now)],
    ...(peer.retiredAt === null ? [] : ([['retired', relativeTime(peer.retiredAt, out.now)]] as const)),
    ['capabilities', peer.capabilities.join(' ')],
    ['description', peer.description],
  ])
}

function presenceOf(peer: Peer): string {
  return peer.retiredAt === null ? peer.presence : 'retired'
}

function aboutPeer({ capabilities, description }: Peer): string {
  const able = capabilities.length > 0 ? `[${capabilities.join(' ')}]` : ''
  return [able, description].filter((part) => part !== '').join(' ')
}

export function showThreads(out: Output, threads: readonly Thread[]): void {
  out.table(
    ['THREAD', 'KIND', 'STATE', 'FROM', 'TO', 'OPENED', 'DEADLINE', 'REASON'],
    threads.map((thread) => [
      thread.id,
      thread.kind,
      thread.state,
      peerName(thread.from),
      recipientOf(thread),
      relativeTime(thread.openedAt, out.now),
      thread.state === 'open' ? relativeTime(thread.deadlineAt, out.now) : '-',
      thread.reason,
    ]),
  )
}

/** A notify to several has no one recipient. */
export function recipientOf(thread: Thread): string {
  return thread.to === null ? 'several' : peerName(thread.to)
}

export function showThread(out: Output, thread: Thread): void {
  out.fields([
    ['thread', thread.id],
    ['kind', thread.kind],
    ['state', thread.state],
    ['from', peerName(thread.from)],
    ['to', recipientOf(thread)],
    ['opened', relativeTime(thread.openedAt, out.now)],
    ...(thread.deadlineAt === null || thread.state !== 'open' ? [] : ([['deadline', relativeTime(thread.deadlineAt, out.now)]] as const)),
    ...(thread.closedAt === null ? [] : ([['closed', `${relativeTime(thread.closedAt, out.now)} by ${peerName(thread.closedBy)}`]] as const)),
    ...(thread.reason === null ? [] : ([['reason', thread.reason]] as const)),
    ...(thread.priority === 'normal' ? [] : ([['priority', thread.priority]] as const)),
  ])
}

export function showMessage(out: Output, message: Message): void {
  const marks = [message.late ? 'late' : '', message.redacted ? 'redacted' : ''].filter((mark) => mark !== '')
  const head = [message.kind, 'from', peerName(message.from), relativeTime(message.at, out.now), ...marks].join(' ')
  out.line(`${out.bold(safeLine(head))}  ${out.dim(message.id)}`)
  if (message.body !== '') out.line(indented(message.body))
  showAttachments(out, message)
}

/** What a message carries, with what gets it, and what its sender says that it touched. */
function showAttachments(out: Output, { attachments, touched = [] }: Message): void {
  for (const thing of touched) out.line(`${BODY_INDENT}${safeLine(`[touched ${describeTouched(thing)}]`)}`)
  for (const file of attachments) out.line(`${BODY_INDENT}${attachmentLine(file)}  ${out.dim(`-> muster attachment get ${file.id} --out …`)}`)
}

/** `[trace.log, 12,345 bytes of text/plain]`: a name is the sender's, so it stays on its line. */
export function attachmentLine({ name, size, mediaType }: Attachment): string {
  return safeLine(`[${name}, ${size.toLocaleString('en')} bytes of ${mediaType}]`)
}

/** One thing in an inbox, with the command that reacts to it. */
export function showItem(out: Output, { message, thread, delivery, owed }: Item): void {
  const open = message.kind === 'ask' && thread.state === 'open'
  const marks = [
    thread.priority === 'normal' ? '' : thread.priority,
    open && thread.deadlineAt !== null ? `due ${relativeTime(thread.deadlineAt, out.now)}` : '',
    owed ? 'owed' : delivery.attempt > 1 ? `attempt ${delivery.attempt}` : '',
    message.late ? 'late' : '',
  ].filter((mark) => mark !== '')
  const head = [message.kind, 'from', peerName(message.from), relativeTime(message.at, out.now)].join(' ')
  out.line([out.bold(safeLine(head)), ...marks, out.dim(thread.id)].join('  '))
  if (message.body !== '') out.line(indented(message.body))
  showAttachments(out, message)
  if (open) out.line(out.dim(`${BODY_INDENT}-> muster answer ${thread.id} "…"`))
}

type ShownEvent = Event & { readonly preview?: EventPreview | undefined }

/** `14:03:22 thread.opened  bob  thr_… kind=ask`, with what was said where that came along. */
export function eventLine(out: Output, { at, type, actor, subject, changed, preview }: ShownEvent): string {
  const fields = Object.entries(changed).map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  return [
    out.dim(clockTime(at, out.now)),
    safeLine(type).padEnd(20),
    safeLine([peerName(actor), subject ?? '', ...fields, preview ? saidTo(preview) : ''].filter((part) => part !== '').join(' ')),
  ].join(' ')
}

/** `to bob, eve and 3 more: the beginning of it`. */
function saidTo({ to, told, text }: EventPreview): string {
  const named = to.map(peerName).join(', ') || peerName(null)
  return `to ${named}${told > to.length ? ` and ${told - to.length} more` : ''}: ${text === null ? '[redacted]' : clip(text, MAX_SAID_CHARS)}`
}
