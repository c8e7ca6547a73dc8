/** Something that happened to a session that a runner drives. */
export type RunnerEvent =
  | { readonly what: 'joined'; readonly peer: string; readonly thread: string; readonly folder: string }
  /** The model was told something, in a turn that runs or by beginning one. */
  | {
      readonly what: 'told'
      readonly how: 'steered' | 'began'
      readonly prompt: boolean
      readonly messages: readonly string[]
      readonly from: readonly string[]
    }
  | { readonly what: 'turn'; readonly turn: 'working' | 'idle'; readonly status?: string; readonly problem?: string }
  | { readonly what: 'said'; readonly text: string }
  /** Codex asked to be allowed something. */
  | { readonly what: 'declined'; readonly method: string; readonly wanted: string }
  /** The program has ended. */
  | { readonly what: 'lost'; readonly reason: string; readonly againInMs: number }
  | { readonly what: 'back'; readonly thread: string }
  | { readonly what: 'problem'; readonly text: string }
  | { readonly what: 'left'; readonly peer: string; readonly thread: string }

/** One line for a person; what stands in it of others' words is not safe to print yet. */
export function eventText(event: RunnerEvent): string {
  switch (event.what) {
    case 'joined':
      return `${event.peer} is here: ${event.folder}, thread ${event.thread}`
    case 'told':
      return `${toldWhat(event)} ${event.how === 'began' ? 'begin a turn' : 'join the turn that runs'}`
    case 'turn':
      return event.turn === 'working'
        ? 'works'
        : `is idle${event.status === 'completed' ? '' : ` (the turn was ${event.status}${event.problem ? `: ${event.problem}` : ''})`}`
    case 'said':
      return `says: ${event.text}`
    case 'declined':
      return `asked for permission and was refused, since no person is here: ${event.wanted || event.method}`
    case 'lost':
      return `Codex ${event.reason}; it is started again in ${(event.againInMs / 1_000).toFixed(1)} s`
    case 'back':
      return `Codex is back, in thread ${event.thread}`
    case 'problem':
      return event.text
    case 'left':
      return `${event.peer} has left; thread ${event.thread} can be resumed`
  }
}

function toldWhat({ prompt, messages, from }: RunnerEvent & { readonly what: 'told' }): string {
  const mail = messages.length === 0 ? [] : [`${messages.length} ${messages.length === 1 ? 'message' : 'messages'} (${from.join(', ')})`]
  return [...(prompt ? ['the prompt'] : []), ...mail].join(' and ')
}
