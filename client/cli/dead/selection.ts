import type { Output } from '../../../src/contract/index.ts'
import { LIMITS } from '../../../src/limits.ts'
import type { Caller } from '../caller.ts'
import type { Invocation } from '../command.ts'
import type { Flag } from '../flags.ts'
import type { DeadLetter } from '../show-trouble.ts'

const KINDS = ['ask', 'notify'] as const

/** Which dead letters, where no id says it. */
export const SELECTION_FLAGS = {
  of: { type: 'string', value: 'peer', summary: 'Only what was meant for this peer' },
  from: { type: 'string', value: 'peer', summary: 'Only what this peer sent' },
  kind: { type: 'string', value: 'kind', summary: `Only of threads of this kind: ${KINDS.join(', ')}`, values: KINDS },
  reason: { type: 'string', value: 'text', summary: 'Only with this in the reason' },
  'older-than': { type: 'string', value: 'duration', summary: 'Only what died so long ago: 15m, 24h' },
} as const satisfies Record<string, Flag>

export interface Selection {
  readonly of: string | undefined
  readonly from: string | undefined
  readonly kind: (typeof KINDS)[number] | undefined
  readonly reason: string | undefined
  readonly olderThanMs: number | undefined
}

/** @throws CliError `usage` */
export function selectionOf({ flags }: Invocation): Selection {
  return {
    of: flags.text('of'),
    from: flags.text('from'),
    kind: flags.choice('kind', KINDS),
    reason: flags.text('reason')?.toLowerCase(),
    olderThanMs: flags.duration('older-than'),
  }
}

export function isEverything(selection: Selection): boolean {
  return Object.values(selection).every((one) => one === undefined)
}

/** The dead letters that a selection means, the earliest delivery first. */
export async function* selectDead({ call }: Caller, selection: Selection, nowMs: number, after?: string): AsyncGenerator<DeadLetter> {
  const sender = selection.from === undefined ? undefined : (await call('peers.get', { peer: selection.from })).peer.id
  let from: string | null | undefined = after
  do {
    const page: Output<'mailbox.dead'> = await call('mailbox.dead', {
      limit: LIMITS.maxPage,
      ...(selection.of !== undefined && { peer: selection.of }),
      ...(from != null && { after: from }),
    })
    yield* page.dead.filter((letter) => isMeant(letter, selection, sender, nowMs))
    from = page.after
  } while (from !== null)
}

function isMeant({ message, diedAt, reason }: DeadLetter, selection: Selection, sender: string | undefined, nowMs: number): boolean {
  if (sender !== undefined && message.from?.id !== sender) return false
  if (selection.kind !== undefined && message.kind !== selection.kind) return false
  if (selection.reason !== undefined && !reason.toLowerCase().includes(selection.reason)) return false
  return selection.olderThanMs === undefined || Date.parse(diedAt) <= nowMs - selection.olderThanMs
}
