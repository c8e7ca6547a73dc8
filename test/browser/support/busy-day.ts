import type { HttpClient } from '../../contract/support/http-client.ts'
import { ACTION, type Crew, type Member, QUESTION, request } from './crew.ts'

export interface BusyDay {
  readonly atlas: Member
  readonly builder: Member
  readonly reviewer: Member
  /** A card each. */
  readonly question: string
  readonly approval: string
}

/** A day as a person meets it: several at work, two cards, an ask, long names, another script. `person` is a paired device. */
export async function busyDay(crew: Crew): Promise<BusyDay> {
  const atlas = await crew.join('atlas', { role: 'orchestrator', runtime: 'claude-code', description: 'Leads the billing release' })
  const builder = await crew.join('builder', { runtime: 'codex', capabilities: ['build', 'typescript'], description: 'Writes the billing service' })
  const reviewer = await crew.join('reviewer-of-everything-that-touches-payments', {
    runtime: 'claude-code',
    capabilities: ['review'],
    description: 'Reviews what others wrote',
  })
  const docs = await crew.join('docs', { runtime: 'gemini', description: 'كتابة دليل المستخدم للإصدار الجديد' })
  const idle = await crew.join('spare', { runtime: 'opencode', description: '' })
  await idle.wire[Symbol.asyncDispose]()
  const ask = (to: string, title: string, body: string) => atlas.wire.call('threads.ask', { to, body, task: { title } })
  const build = await ask('builder', 'Store for invoices', 'Write the store for invoices, with its migration.')
  await ask('docs', 'User guide, chapter on refunds', 'Write the chapter on refunds.')
  await builder.wire.call('peers.describe', { turn: 'working' })
  await reviewer.wire.call('peers.describe', { turn: 'awaiting_input' })
  await docs.wire.call('peers.describe', { turn: 'working' })
  await builder.wire.call('mailbox.ack', { deliveries: build.sent.map(({ delivery }) => delivery) })
  await builder.wire.call('threads.reply', {
    thread: build.sent[0]?.thread ?? '',
    body: 'Three of five done.',
    progress: { done: 3, of: 5, step: 'writing the migration' },
  })
  const { card } = await builder.wire.call('decisions.raise', QUESTION)
  await atlas.wire.call('decisions.raise', QUESTION)
  const { card: approval } = await request(atlas, ACTION)
  return { atlas, builder, reviewer, question: card.id, approval: approval?.id ?? '' }
}

/** An ask to the person, who is named by its device. */
export async function askPerson(member: Member, device: HttpClient): Promise<string> {
  const person = (await device.call('devices.list', {})).devices[0]?.person.name ?? ''
  const { sent } = await member.wire.call('threads.ask', {
    to: person,
    body: 'Shall the release notes mention the **outage of Tuesday**? Customers asked:\n\n- two by mail\n- one in `#support`',
    deadline: '3h',
  })
  return sent[0]?.thread ?? ''
}
