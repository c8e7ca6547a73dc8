import { Answer, type AskResult, type Delivered, type LATER, type MessageContext, type Touches } from './handlers.ts'
import type { Speaker } from './speaker.ts'

/** One delivery from its arrival until the daemon has confirmed what became of it. */
export interface Run {
  readonly delivered: Delivered
  /** The newest offer of the delivery; nack and extend must name it. */
  attempt: number
  /** Made with the handler's start: most deliveries to an asker are answers, which have none. */
  abort?: AbortController
  /** What its handler has said that it touched. */
  touched?: Touches
}

export function createContext(run: Run, speaker: Speaker, signal: AbortSignal, reply: MessageContext['reply']): MessageContext {
  const { message, thread } = run.delivered
  return {
    ...speaker,
    ...run.delivered,
    ...message,
    deadlineAt: thread.deadlineAt,
    fanId: thread.fan ?? null,
    get attempt() {
      return run.attempt
    },
    signal,
    reply,
    touch(...things) {
      run.touched = [...(run.touched ?? []), ...things]
    },
  }
}

/** What an answer says and carries, as it is sent. */
export interface AnswerWords {
  readonly body: string
  readonly attachments?: readonly string[]
}

/** What a handler answered; `undefined` where it returned nothing to say. */
export function toAnswer(result: Exclude<AskResult, typeof LATER>): AnswerWords | undefined {
  if (result instanceof Answer) {
    const { body, attachments } = result
    const ids = attachments.map((each) => (typeof each === 'string' ? each : each.id))
    return body ? { body, ...(ids[0] && { attachments: ids }) } : undefined
  }
  const body = typeof result === 'string' ? result : JSON.stringify(result)
  return body ? { body } : undefined
}

const MAX_REASON_CHARS = 2_000
const MAX_NACK_REASON_CHARS = 500

/** What was thrown, in words that the contract accepts as a reason. */
export function toReason(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message || thrown.name : String(thrown)
  return text.slice(0, MAX_REASON_CHARS).replace(/\p{Cs}/gu, '\ufffd') || 'The handler failed.'
}

/** The same in one line: without control characters, halves of surrogate pairs and line separators. */
export function toNackReason(thrown: unknown): string {
  return toReason(thrown)
    .slice(0, MAX_NACK_REASON_CHARS)
    .replace(/[\p{C}\p{Z}]+/gu, ' ')
}
