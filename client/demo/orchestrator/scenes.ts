import { handed, PATIENCE_MS, settled } from '../stage-looks.ts'
import type { Scene, Stage, Story } from '../story.ts'
import type { Fact } from '../wire.ts'
import { NAMES, type Name, PARTS, WORK } from './parts.ts'

const NAMED = [
  'five processes joined',
  'one leads and one stands by',
  'the crew was scanned',
  'work was dispatched to three',
  'an answer said what was touched',
  'a review was owed for it',
  'its own schedule woke the lead',
  'a check-in with nothing to say was suppressed',
  'nobody reviewed their own work',
  'somebody else reviewed it',
  'a push made it owed again',
  'the review queue is empty',
  'the lead was handed over',
  'the record came first',
  'the old token was refused',
  'the last ask was answered to the successor',
  'nothing was left over',
] as const
type Named = (typeof NAMED)[number]

const SCENES: readonly Scene[] = [
  ['The crew musters, and one leads', muster],
  ['Scan', scan],
  ['Dispatch', dispatch],
  ['Track', track],
  ['Review', review],
  ['A push makes it owed again', again],
  ['The lead is handed over', handover],
  ['Close out', closeOut],
]

export const ORCHESTRATOR: Story = {
  title: `Muster demo: an orchestrator's loop (scan, dispatch, track, review, close out), with a standby that takes over, and three peers.
Each is a process of its own, over real sockets. It has its own daemon and leaves nothing behind.`,
  parts: PARTS,
  scenes: SCENES,
  named: NAMED,
  next: 'muster orchestrator init makes a folder for an orchestrator of your own; docs/protocol.md has what was called here.',
}

/** Waits for a deed of somebody, and counts it as seen. */
async function did({ observations }: Stage, from: number, who: Name, deed: string, named?: Named): Promise<string> {
  const found = await observations.until(`${who}: ${deed}`, from, who, (facts) => deeds(facts, deed).at(-1))
  if (named) observations.see(named)
  return found.result
}

async function muster(stage: Stage): Promise<void> {
  const { processes, observations, narrator, admin } = stage
  const { token } = await admin.call('enrolments.create', { roles: ['orchestrator'], label: 'the orchestrators of the demo', maxUses: 2 })
  narrator.line('admin', 'mints an enrolment for two orchestrators; agents join with the local enrolment file')
  for (const name of NAMES) processes.startActor('orchestrator', name, name === 'lead' || name === 'second' ? token : undefined)
  await Promise.all(NAMES.map((name) => observations.until(`${name} joins`, 0, name, (facts) => facts.find(({ what }) => what === 'joined'))))
  observations.see('five processes joined')
  processes.cue('lead', 'claim')
  await did(stage, 0, 'lead', 'leads')
  processes.cue('second', 'claim')
  await did(stage, 0, 'second', 'stands by', 'one leads and one stands by')
}

async function scan(stage: Stage): Promise<void> {
  stage.processes.cue('lead', 'scan')
  const found = await did(stage, 0, 'lead', 'scanned')
  if (found === '3') stage.observations.see('the crew was scanned')
}

async function dispatch({ processes, observations, narrator, admin }: Stage): Promise<void> {
  const from = observations.now
  processes.cue('lead', 'dispatch')
  for (const name of ['builder', 'tester', 'writer'] as const) {
    await observations.until(`${name} takes its ask`, from, name, (facts) => handed(facts, 'ask', WORK[name]))
  }
  observations.see('work was dispatched to three')
  const answers = await observations.until('two answers', from, 'lead', (facts) => {
    const ended = facts.filter((fact) => fact.what === 'ended' && fact.as === 'answered')
    return ended.length === 2 && ended
  })
  if (answers.some((fact) => fact.what === 'ended' && fact.body.startsWith('Fixed on'))) observations.see('an answer said what was touched')
  const { reviews } = await admin.call('reviews.list', { state: 'owed' })
  for (const { id, subject, head } of reviews) narrator.line('daemon', `owes ${id} a look: ${subject} at ${head}`)
  if (reviews.length === 1) observations.see('a review was owed for it')
}

async function track(stage: Stage): Promise<void> {
  const { processes, observations, narrator, admin } = stage
  const from = observations.now
  processes.cue('lead', 'track')
  const [forTester = '', forWriter = ''] = (await did(stage, from, 'lead', 'waits')).split(',')
  await did(stage, from, 'lead', 'tracked', 'its own schedule woke the lead')
  const outcomes = await Promise.all([forTester, forWriter].map(async (schedule) => (await admin.call('schedules.history', { schedule })).occurrences[0]))
  for (const one of outcomes) narrator.line('daemon', `a check-in ${one?.outcome}${one?.reason ? `: ${one.reason}` : ''}`)
  if (outcomes[0]?.outcome === 'suppressed' && outcomes[1]?.outcome === 'fired') observations.see('a check-in with nothing to say was suppressed')
}

async function review(stage: Stage): Promise<void> {
  const from = stage.observations.now
  stage.processes.cue('builder', 'ownWork')
  if ((await did(stage, from, 'builder', 'refused')) === 'forbidden') stage.observations.see('nobody reviewed their own work')
  stage.processes.cue('lead', 'review')
  await did(stage, from, 'lead', 'assigned')
  await reviewed(stage, 1)
  stage.observations.see('somebody else reviewed it')
}

async function again(stage: Stage): Promise<void> {
  const { processes, observations, narrator, admin } = stage
  const from = observations.now
  processes.cue('builder', 'push')
  await observations.until('tester is asked again', from, 'tester', (facts) => handed(facts, 'ask'))
  observations.see('a push made it owed again')
  await reviewed(stage, 2)
  const { reviews } = await admin.call('reviews.queue', {})
  narrator.line('daemon', `${reviews.length} reviews are owed`)
  if (reviews.length === 0) observations.see('the review queue is empty')
}

/** Waits for the verdict on the only review there is, by its event. */
async function reviewed({ narrator, admin }: Stage, times: number): Promise<void> {
  const [only] = (await admin.call('reviews.list', {})).reviews
  const review = only?.id ?? ''
  for await (const _event of admin.events({ after: admin.hello.cursor, signal: AbortSignal.timeout(PATIENCE_MS) })) {
    const found = await admin.call('reviews.get', { review })
    if (found.history.filter(({ type }) => type === 'reviewed').length < times) continue
    narrator.line('daemon', `${review} is reviewed by ${found.review.reviewer?.name} at ${found.review.reviewedHead}: ${found.review.verdict}`)
    return
  }
}

async function handover(stage: Stage): Promise<void> {
  const from = stage.observations.now
  stage.processes.cue('lead', 'handover')
  await did(stage, from, 'lead', 'handed over', 'the lead was handed over')
  await stage.observations.until('second has the record', from, 'second', (facts) => facts.find(({ what }) => what === 'handed'))
  const first = stage.observations.since(from, 'second').find(({ what }) => what === 'handed')
  if (first?.what === 'handed' && first.body.startsWith('You lead the circle main: lead handed over to you.')) stage.observations.see('the record came first')
  stage.processes.cue('lead', 'stale')
  await did(stage, from, 'lead', 'fenced', 'the old token was refused')
}

async function closeOut(stage: Stage): Promise<void> {
  const { processes, observations, narrator, admin } = stage
  const from = observations.now
  processes.cue('writer', 'answer')
  const last = await observations.until('second has the last answer', from, 'second', (facts) => handed(facts, 'answer'))
  if (last.body === 'You can log in again.') observations.see('the last ask was answered to the successor')
  const status = await settled(admin)
  narrator.line('admin', `muster status: ${status.openAsks} open asks, ${status.queued} deliveries waiting, ${status.deadLetters} dead letters`)
  if (status.openAsks + status.queued + status.deadLetters === 0) observations.see('nothing was left over')
}

function deeds(facts: readonly Fact[], deed: string): Extract<Fact, { what: 'did' }>[] {
  return facts.filter((fact): fact is Extract<Fact, { what: 'did' }> => fact.what === 'did' && fact.deed === deed)
}
