import { AskError, type Handlers, type Message, type MessageContext, type MusterPeer, type Sent } from '../index.ts'
import type { Fact, Report } from './wire.ts'

/** One peer of the demo: how it joins, what it does with what it is sent, and what it does of its own accord. */
export interface Part {
  readonly capabilities?: readonly string[]
  readonly description: string
  readonly role?: 'orchestrator'
  /** @param self the peer itself, once it is connected */
  readonly handlers: (tell: Tell, self: () => Promise<MusterPeer>) => Handlers
  readonly cues: Readonly<Record<string, (peer: MusterPeer, tell: Tell) => Promise<void>>>
}

export type Tell = ReturnType<typeof createTell>

/** Reports to the stage, in words and as facts. */
export function createTell(who: string, send: (report: Report) => void) {
  let first = Number.POSITIVE_INFINITY
  const say = (text: string, fact: Fact, at = Date.now()): void => {
    first = Math.min(first, at)
    send({ at, who, text, fact })
  }
  return {
    joined: (peer: MusterPeer): void => {
      const { you } = peer.hello
      if (you.kind !== 'peer') return
      // Mail may be handed over before connect() has returned; a reader expects the arrival first.
      const at = Math.min(Date.now(), first - 1)
      say(`is connected as ${you.peer.role} ${you.peer.id} (pid ${process.pid})`, { what: 'joined', id: you.peer.id }, at)
    },
    reconnected: (): void => say('has found the daemon again and resumes', { what: 'reconnected' }),
    /** @param at before the send: whoever was sent something may be quicker to say so */
    sent: (at: number, text: string, body: string, sent: readonly Sent[]): void => {
      const fact = { what: 'sent', body, to: sent.map(({ to }) => to.name), reach: sent.map(({ reach }) => reach), message: sent[0]?.message ?? '' } as const
      say(`${text}: ${quote(body)}`, fact, at)
    },
    did: (text: string, deed: string, result = ''): void => say(text, { what: 'did', deed, result }),
    handed: (context: MessageContext, text: string): void => {
      const { kind, attempt, redelivered, message } = context
      const again = redelivered ? `, redelivered (attempt ${attempt})` : ''
      say(`${text}${again}: ${quote(message.body)}`, { what: 'handed', kind, body: message.body, attempt, redelivered, late: message.late, hops: message.hops })
    },
    answered: (answer: Message): void =>
      say(`has the answer of ${answer.from?.name}: ${quote(answer.body)}`, { what: 'ended', as: 'answered', body: answer.body }),
    /** An ask that ended without an answer. Anything else is a failure of the demo. */
    unanswered: (error: unknown): void => {
      if (!(error instanceof AskError)) throw error
      say(`learns that its ask has ended: ${error.code} by ${error.by?.name ?? 'the daemon'}, ${quote(error.message)}`, {
        what: 'ended',
        as: error.code,
        body: error.message,
      })
    },
  }
}

/** The first line of what was said. */
export function quote(text: string): string {
  return `“${text.split('\n')[0]}”`
}
