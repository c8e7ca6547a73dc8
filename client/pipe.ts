import type { Message } from '../src/contract/index.ts'
import type { AskHandle } from './asks.ts'
import type { AskOptions } from './speaker.ts'

/** One stage of a pipe: whom it asks, and what stands above the answer of the stage before. */
export interface PipeStage extends AskOptions {
  readonly to: string
  /** Needed by a first stage; without it a later one is handed the answer by itself. */
  readonly body?: string
}

/** What a pipe may begin with besides a stage: an ask that was sent before, or any text. */
export type PipeStart = PipeStage | AskHandle | Message

/** A stage that brought no answer; the stages after it were not asked. `cause` is what happened to it. */
export class PipeError extends Error {
  /** Counted from 1. */
  readonly stage: number
  readonly to: string | null
  /** What `cause` says with its code: `declined`, `expired`, `cancelled`, `failed`, `timeout`, or what the daemon refused. */
  readonly code: string
  /** The answers of the stages before. */
  readonly answers: readonly Message[]

  constructor(stage: number, to: string | null, answers: readonly Message[], cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed'
    super(`Stage ${stage}${to === null ? '' : ` (${to})`} of the pipe brought no answer (${code}): ${why}`, { cause })
    this.name = 'PipeError'
    this.stage = stage
    this.to = to
    this.code = code
    this.answers = answers
  }
}

/**
 * Asks one peer after the other, each with the answer of the one before.
 *
 * @returns the answers in order; the last is the result
 * @throws PipeError for the first stage that brings no answer
 */
export async function runPipe(ask: (to: string, body: string, options: AskOptions) => Promise<Message>, stages: readonly PipeStart[]): Promise<Message[]> {
  if (stages.length === 0) throw new TypeError('A pipe needs a stage.')
  const answers: Message[] = []
  for (const [index, stage] of stages.entries()) {
    const to = 'to' in stage ? stage.to : null
    try {
      answers.push(await runStage(ask, stage, answers.at(-1)))
    } catch (error) {
      throw new PipeError(index + 1, to, answers, error)
    }
  }
  return answers
}

async function runStage(ask: Parameters<typeof runPipe>[0], stage: PipeStart, previous: Message | undefined): Promise<Message> {
  if (!('to' in stage)) {
    if (previous) throw new TypeError('Only a pipe’s first stage may be an answer or an ask that was sent before.')
    return 'result' in stage ? stage.result() : stage
  }
  const { to, body, ...options } = stage
  const asked = bodyOf(body, previous?.body)
  if (asked === undefined) throw new TypeError('The first stage of a pipe needs a body.')
  return ask(to, asked, options)
}

/** The words of a stage above what it is given to work on. */
export function bodyOf(body: string | undefined, previous: string | undefined): string | undefined {
  return body === undefined || previous === undefined ? (body ?? previous) : `${body}\n\n${previous}`
}
