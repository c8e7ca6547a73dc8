import type { Channel } from '../../../src/contract/index.ts'
import { expectId } from '../arguments.ts'
import type { Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { family } from '../family.ts'
import { showList } from '../listing.ts'
import { asReader } from '../open-caller.ts'
import type { Output } from '../output.ts'
import { relativeTime } from '../when.ts'

export const command = family({
  name: 'channels',
  about: [
    'How people are reached away from the dashboard: push messages, Telegram, ntfy, webhooks. A person binds a channel on a paired device; from a terminal it can be looked at, tested and ended.',
  ],
  fallback: 'list',
  actions: {
    list: { summary: 'The channels', words: [], run: list },
    test: { summary: 'Send a notice to one, and what it could not be sent', words: ['channel'], run: test },
    unbind: { summary: 'End one', words: ['channel'], run: unbind },
  },
  examples: [
    ['muster channels', 'what is bound, and whether it works'],
    ['muster channels test chn_k7qm2x4', 'whether it arrives'],
    ['muster channels unbind chn_k7qm2x4', 'that account is told nothing more, and decides nothing'],
  ],
})

async function list(invocation: Invocation): Promise<number> {
  const { channels, available } = await asReader(invocation, ({ call }) => call('channels.list', {}))
  return showList(invocation.out, {
    document: { channels, available },
    rows: channels,
    show,
    none: 'No channel is bound: a person binds one in the dashboard.',
  })
}

async function test(invocation: Invocation): Promise<number> {
  const input = { channel: expectId(invocation.words[0] ?? '', ['channel']) }
  const { channel } = await asReader(invocation, ({ call }) => call('channels.test', input))
  return say(invocation, channel, `A notice goes to ${labelOf(channel)} of ${channel.person.name}. muster channels says whether it could be sent.`)
}

async function unbind(invocation: Invocation): Promise<number> {
  const input = { channel: expectId(invocation.words[0] ?? '', ['channel']) }
  const { channel } = await asReader(invocation, ({ call }) => call('channels.unbind', input))
  return say(invocation, channel, `${labelOf(channel)} is told nothing more, and decides nothing.`)
}

function say({ out }: Invocation, channel: Channel, text: string): number {
  if (out.json) out.document({ channel })
  else out.line(text)
  return EXIT.ok
}

const labelOf = ({ kind, label }: Channel): string => `${kind} ${label}`

function show(out: Output, channels: readonly Channel[]): void {
  out.table(
    ['CHANNEL', 'PERSON', 'BOUND BY', 'TOLD', 'WAITS', '', 'ID'],
    channels.map((channel) => {
      const { id, person, device, lastSentAt, waiting, dead } = channel
      const told = lastSentAt === null ? 'never' : relativeTime(lastSentAt, out.now)
      return [labelOf(channel), person.name, device, told, `${waiting}${dead === 0 ? '' : ` (${dead} dead)`}`, stateOf(channel), id]
    }),
  )
}

function stateOf({ endedAt, reason, problem, confirmed }: Channel): string {
  if (endedAt === null && !confirmed) return 'not confirmed yet'
  return endedAt === null ? (problem ?? '') : `ended: ${reason}`
}
