import { ACTION, type Crew, type Member, QUESTION, request } from './crew.ts'

const PULL = 'https://github.com/crew/billing/pull/41'

export interface BusyDay {
  readonly atlas: Member
  readonly builder: Member
  readonly reviewer: Member
  /** A card each. */
  readonly question: string
  readonly approval: string
  readonly schedule: string
  readonly review: string
}

/** A day as a person meets it: several at work, two cards, an ask, long names, another script. */
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
  const { schedule } = await atlas.wire.call('schedules.create', {
    to: 'builder',
    body: 'What is done, what is next, and what is in the way?',
    label: 'Standup',
    cron: '0 9 * * 1-5',
    zone: 'America/New_York',
  })
  await atlas.wire.call('schedules.create', { to: 'docs', kind: 'ask', body: 'Is the manual up to date with what was merged since Monday?', every: '24h' })
  const { review } = await builder.wire.call('reviews.request', {
    subject: { pr: PULL },
    sha: 'c0ffee0'.padEnd(40, '1'),
    title: 'Store for invoices, with its migration and the tests of both',
    note: 'Mind the lock while it migrates.',
  })
  await crew.admin.call('reviews.observe', { observations: [{ subject: { pr: PULL }, state: 'open', checks: 'failing', at: new Date().toISOString() }] })
  return { atlas, builder, reviewer, question: card.id, approval: approval?.id ?? '', schedule: schedule.id, review: review.id }
}
