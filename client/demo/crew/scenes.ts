import type { MusterPeer } from '../../index.ts'
import { handed, handedAll, PATIENCE_MS, settled } from '../stage-looks.ts'
import type { Scene, Stage, Story } from '../story.ts'
import type { Fact } from '../wire.ts'
import { NAMES, type Name, NEWS, NOTE, PARTS, SUITE } from './parts.ts'

const NAMED = [
  'four processes joined',
  'an ask was answered',
  'a handler asked in turn',
  'an ask was declined',
  'a notify reached every agent',
  'a reminder was sent',
  'an ask expired',
  'the expiry was escalated',
  'a late answer arrived',
  'a peer was killed in the middle of a handler',
  'its mail waited',
  'the ask was redelivered as attempt 2',
  'the mail was caught up in order',
  'the daemon was killed with an ask in hand',
  'everyone resumed and the answer arrived',
  'nothing was left over',
] as const
type Named = (typeof NAMED)[number]

type Sent = Extract<Fact, { what: 'sent' }>

/** The story, scene by scene. Each ends when what it shows was observed. */
const SCENES: readonly Scene[] = [
  ['The crew musters', muster],
  ['An ask, and an ask that it leads to', question],
  ['An ask that is declined', favour],
  ['Telling everyone something', freeze],
  ['A deadline that is missed', changelog],
  ['A crash in the middle of the work', crash],
  ['The daemon itself is killed', outage],
  ['What the daemon knows about it', epilogue],
]

export const CREW: Story = {
  title: 'Muster demo: an orchestrator (lead) and three peers, each a process of its own, over real sockets.\nIt has its own daemon and leaves nothing behind.',
  parts: PARTS,
  scenes: SCENES,
  named: NAMED,
  next: 'npm start runs a daemon for you, and README.md shows a whole peer in forty lines.',
}

async function muster({ processes, observations, narrator, admin }: Stage): Promise<void> {
  // The enrolment file of a daemon mints agents and services. An orchestrator takes one that the administrator made for it.
  const { token } = await admin.call('enrolments.create', { roles: ['orchestrator'], label: 'the lead of the demo', maxUses: 1 })
  narrator.line('admin', 'mints an enrolment for one orchestrator; agents join with the local enrolment file')
  for (const name of NAMES) processes.startActor('crew', name, name === 'lead' ? token : undefined)
  await Promise.all(NAMES.map((name) => observations.until(`${name} joins`, 0, name, (facts) => facts.find(({ what }) => what === 'joined'))))
  observations.see('four processes joined')
}

async function question({ processes, observations }: Stage): Promise<void> {
  const from = observations.now
  processes.cue('lead', 'question')
  await observations.until('the handler of builder runs because of that of tester', from, 'builder', (facts) => handed(facts, 'ask')?.hops === 1)
  observations.see('a handler asked in turn')
  await observations.until('lead has its answer', from, 'lead', (facts) => ended(facts, 'answered'))
  observations.see('an ask was answered')
}

async function favour({ processes, observations }: Stage): Promise<void> {
  const from = observations.now
  processes.cue('lead', 'favour')
  await observations.until('lead is told of the refusal', from, 'lead', (facts) => ended(facts, 'declined'))
  observations.see('an ask was declined')
}

async function freeze({ processes, observations }: Stage): Promise<void> {
  const from = observations.now
  processes.cue('builder', 'freeze')
  const sent = await observations.until('the notify is accepted', from, 'builder', (facts) => lastSent(facts, 1))
  for (const name of sent.to) await observations.until(`${name} reads it`, from, name as Name, (facts) => handed(facts, 'notify'))
  if (sent.to.length === 2) observations.see('a notify reached every agent')
}

async function changelog({ processes, observations }: Stage): Promise<void> {
  const from = observations.now
  processes.cue('builder', 'changelog')
  const see = async (named: Named, who: Name, found: (facts: readonly Fact[]) => unknown): Promise<void> => {
    await observations.until(named, from, who, (facts) => Boolean(found(facts)))
    observations.see(named)
  }
  await see('a reminder was sent', 'writer', (facts) => handed(facts, 'remind'))
  await see('an ask expired', 'builder', (facts) => ended(facts, 'expired'))
  await see('the expiry was escalated', 'lead', (facts) => handed(facts, 'notify'))
  await see('a late answer arrived', 'builder', (facts) => handed(facts, 'answer')?.late)
}

async function crash(stage: Stage): Promise<void> {
  const { processes, observations, narrator, admin } = stage
  const before = observations.now
  const after = admin.hello.cursor
  processes.cue('lead', 'suite')
  await observations.until('tester is at work', before, 'tester', (facts) => handed(facts, 'ask')?.attempt === 1)
  await observations.until('the ask is accepted', before, 'lead', (facts) => lastSent(facts, 1))
  narrator.line('demo', `kill -9 ${processes.pid('tester')}: tester is gone in the middle of its handler`)
  await processes.kill('tester')
  await wentOffline(admin, after, 'tester')
  narrator.line('daemon', 'sees that tester is offline; its ask waits')
  observations.see('a peer was killed in the middle of a handler')

  processes.cue('builder', 'news')
  const last = await observations.until('all news is accepted', before, 'builder', (facts) => lastSent(facts, NEWS.length))
  const { waiting } = await admin.call('mailbox.peek', { peer: 'tester' })
  narrator.line('daemon', `keeps ${waiting} messages for tester`)
  if (waiting === NEWS.length + 1 && last.reach[0] === 'none') observations.see('its mail waited')

  const back = observations.now
  narrator.line('demo', 'starts tester again')
  processes.startActor('crew', 'tester')
  await observations.until('tester is handed what it missed', back, 'tester', (facts) => handedAll(facts).length > NEWS.length)
  const caughtUp = handedAll(observations.since(back, 'tester'))
  const [ask] = caughtUp
  if (ask?.body === SUITE && ask.redelivered && ask.attempt === 2) observations.see('the ask was redelivered as attempt 2')
  if (caughtUp.map(({ body }) => body).join() === [SUITE, ...NEWS].join()) observations.see('the mail was caught up in order')
  await observations.until('lead has the answer of the second attempt', before, 'lead', (facts) => ended(facts, 'answered'))
}

async function outage({ processes, observations, narrator }: Stage): Promise<void> {
  const from = observations.now
  processes.cue('lead', 'note')
  await observations.until('the ask is accepted', from, 'lead', (facts) => lastSent(facts, 1))
  await observations.until('builder is at work', from, 'builder', (facts) => handed(facts, 'ask')?.body === NOTE)
  narrator.line('demo', `kill -9 ${processes.pid('daemon')}: the daemon is gone, with an ask in hand and a handler at work`)
  await processes.kill('daemon')
  observations.see('the daemon was killed with an ask in hand')
  const url = await processes.startDaemon()
  narrator.line('daemon', `is back at ${url} (pid ${processes.pid('daemon')}), from its database`)
  await Promise.all(NAMES.map((name) => observations.until(`${name} resumes`, from, name, (facts) => facts.find(({ what }) => what === 'reconnected'))))
  const answer = await observations.until('lead has its answer', from, 'lead', (facts) => ended(facts, 'answered'))
  if (answer) observations.see('everyone resumed and the answer arrived')
}

async function epilogue({ observations, narrator, admin }: Stage): Promise<void> {
  const suite = observations.since(0, 'lead').find((fact): fact is Sent => fact.what === 'sent' && fact.body === SUITE)
  if (suite) {
    const { steps } = await admin.call('threads.trace', { id: suite.message })
    narrator.line('admin', `muster trace ${suite.message}, the ask that survived the crash:`)
    for (const { step, by, note } of steps) narrator.line('', `  ${step.padEnd(9)} ${[by?.name, note].filter(Boolean).join(', ')}`)
  }
  const status = await settled(admin)
  narrator.line('admin', `muster status: ${status.openAsks} open asks, ${status.queued} deliveries waiting, ${status.deadLetters} dead letters`)
  if (status.openAsks + status.queued + status.deadLetters === 0) observations.see('nothing was left over')
}

function ended(facts: readonly Fact[], as: 'answered' | 'declined' | 'expired'): Fact | undefined {
  return facts.find((fact) => fact.what === 'ended' && fact.as === as)
}

/** The last send, once there were so many. */
function lastSent(facts: readonly Fact[], count: number): Sent | undefined {
  const sent = facts.filter((fact): fact is Sent => fact.what === 'sent')
  return sent.length >= count ? sent.at(-1) : undefined
}

async function wentOffline(admin: MusterPeer, after: string, name: Name): Promise<void> {
  const { peer } = await admin.call('peers.get', { peer: name })
  for await (const event of admin.events({ after, types: ['peer.presence'], signal: AbortSignal.timeout(PATIENCE_MS) })) {
    if (event.subject === peer.id && event.changed['presence'] === 'offline') return
  }
  throw new Error(`Not observed within ${PATIENCE_MS / 1_000} s: ${name} goes offline`)
}
