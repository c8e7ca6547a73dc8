import type { Conversation } from './conversation.ts'
import type { Answer } from './script.ts'

/** One way to talk to a model over HTTP. */
export interface Wire {
  readonly name: 'anthropic' | 'responses' | 'chat' | 'gemini'
  /** Whether a POST to this path is a request for an answer. */
  readonly serves: (path: string) => boolean
  readonly read: (body: Json) => Conversation
  /** The whole answer; `number` makes ids that differ. */
  readonly write: (answer: Exclude<Answer, { kind: 'error' }>, number: number, request: WireRequest) => WireAnswer
  readonly writeError: (status: number, message: string) => Json
}

export interface WireRequest {
  readonly path: string
  readonly body: Json
}

export interface WireAnswer {
  readonly contentType: 'text/event-stream' | 'application/json'
  readonly text: string
}

export type Json = { readonly [key: string]: unknown }

export const list = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter((item) => typeof item === 'object' && item !== null) : [])
export const record = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
export const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Everything readable in a message's content, whatever its shape. */
export function readable(content: unknown): string {
  if (typeof content === 'string') return content
  return list(content)
    .map((part) => text(part['text']) || (part['content'] === undefined ? '' : readable(part['content'])))
    .join('\n')
}

export const json = (value: Json): WireAnswer => ({ contentType: 'application/json', text: JSON.stringify(value) })

/** Server-sent events, each named by its own `type` where it has one. */
export function events(frames: readonly Json[], end = ''): WireAnswer {
  const lines = frames.map((frame) => `${typeof frame['type'] === 'string' ? `event: ${frame['type']}\n` : ''}data: ${JSON.stringify(frame)}\n\n`)
  return { contentType: 'text/event-stream', text: lines.join('') + end }
}
