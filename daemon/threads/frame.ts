import type { Message, PeerRef } from '../../src/contract/index.ts'
import { timeOrNull } from '../peers/index.ts'
import type { Reader } from '../store/store.ts'
import { PRIORITIES, type ThreadRow } from './rows.ts'

/**
 * The part of a `mailbox.deliver` frame that is the same for every recipient and every attempt: the end of its JSON object. It is
 * the most frequent frame, and JSON.stringify of whole objects took 6 µs of the 94 that an ask took (`npm run bench`, November 2026).
 * Ids, enums, names and times need no escaping: their patterns in the contract have no character that does.
 */
export function deliverTail(reader: Reader, thread: ThreadRow, message: Message): string {
  const id = reader.id('thread', thread.id)
  const { kind, state, priority, fan_id } = thread
  const fan = fan_id === null ? '' : `,"fan":"${reader.id('fan', fan_id)}"`
  const brief = `{"id":"${id}","kind":"${kind}","state":"${state}","priority":"${PRIORITIES[priority - 1]}","deadlineAt":${quoted(timeOrNull(thread.deadline_at))}${fan}}`
  return `"thread":${brief},"message":${encodeMessage(message)}}}`
}

/** A message as JSON: what JSON.stringify makes of it. */
export function encodeMessage({ id, thread, kind, from, body, at, late, hops, causedBy, redacted, attachments, touched, progress }: Message): string {
  const head = `{"id":"${id}","thread":"${thread}","kind":"${kind}","from":${encodeRef(from)},"body":${JSON.stringify(body)},"at":"${at}"`
  return `${head},"late":${late},"hops":${hops},"causedBy":${quoted(causedBy)},"redacted":${redacted},"attachments":${encodeAttachments(attachments)}${touched ? `,"touched":${JSON.stringify(touched)}` : ''}${progress ? `,"progress":${JSON.stringify(progress)}` : ''}}`
}

function encodeAttachments(attachments: Message['attachments']): string {
  return attachments.length === 0 ? '[]' : JSON.stringify(attachments)
}

function encodeRef(peer: PeerRef | null): string {
  return peer ? `{"id":"${peer.id}","name":"${peer.name}","circle":"${peer.circle}","role":"${peer.role}"}` : 'null'
}

function quoted(text: string | null): string {
  return text === null ? 'null' : `"${text}"`
}
