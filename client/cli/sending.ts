import type { Refused, Sent } from '../../src/contract/index.ts'
import type { Flags } from './arguments.ts'
import { usageError } from './failure.ts'
import type { Flag } from './flags.ts'
import type { Output } from './output.ts'
import { peerName } from './show.ts'
import { safeLine } from './text.ts'

export const PRIORITIES = ['urgent', 'normal', 'low'] as const
export const PRIORITY_FLAG = {
  priority: { type: 'string', value: 'priority', summary: `${PRIORITIES.join(', ')} (normal)`, values: PRIORITIES },
} as const satisfies Record<string, Flag>
/** What may be said of a notify, to one or to all. */
export const NOTIFY_FLAGS = {
  topic: { type: 'string', value: 'key', summary: 'Supersede what still waits with this key' },
  ...PRIORITY_FLAG,
} as const satisfies Record<string, Flag>

/** Who of those that a selector means; only with such an address. */
export const SELECT_FLAGS = {
  one: { type: 'boolean', summary: 'With role:…, cap:… or circle:…, the only one; several are refused' },
  all: { type: 'boolean', summary: 'With role:…, cap:… or circle:…, all of them' },
} as const satisfies Record<string, Flag>

export function selectOf(flags: Flags): 'one' | 'all' | undefined {
  const one = flags.on('one')
  const all = flags.on('all')
  if (one && all) throw usageError('--one and --all exclude each other', 'Say which of the two.')
  return one ? 'one' : all ? 'all' : undefined
}

/** Recipients of a fan-out that had no room; the others have the message. */
export function noteRefused(out: Output, refused: readonly Refused[]): void {
  for (const { to, message } of refused) out.note(safeLine(`${peerName(to)} refused it: ${message}`))
}

/** Whether and when the recipient will see it, for a sender who waits. */
export function noteReach(out: Output, { to, reach }: Sent): void {
  if (reach === 'none') out.note(`${peerName(to)} cannot be reached now and gets it on its return.`)
  else if (reach === 'poll') out.note(`${peerName(to)} gets it when it next looks into its mailbox.`)
}
