import type { Handover, Leadership } from '../../../src/contract/index.ts'
import { expectId } from '../arguments.ts'
import { fileFlag, readBody } from '../body.ts'
import type { Caller } from '../caller.ts'
import type { Action, Invocation } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { family } from '../family.ts'
import type { Flag } from '../flags.ts'
import { asPeer, asReader } from '../open-caller.ts'
import { showHandover, showLeadership, showNotes } from '../orchestrators/show.ts'
import { MAIN_CIRCLE } from '../show.ts'
import { UPKEEP_ACTIONS } from '../workspace/upkeep-actions.ts'

const CIRCLE: Readonly<Record<string, Flag>> = { circle: { type: 'string', value: 'name', summary: 'Of this circle, in place of your own' } }
const FENCE: Readonly<Record<string, Flag>> = { fence: { type: 'string', value: 'token', summary: 'The token of your lease, in place of the one you hold' } }
const NOTES: Readonly<Record<string, Flag>> = { notes: { type: 'string', value: 'text', summary: 'What your successor must know' } }

const ACTIONS: Readonly<Record<string, Action>> = {
  status: { summary: 'Who leads, and who stands by', words: [], flags: CIRCLE, run: status },
  claim: { summary: 'Lead, if nobody does', words: [], run: claim },
  handover: {
    summary: 'Hand the lead to a standby',
    words: ['to?'],
    flags: { ...NOTES, keep: { type: 'string', value: 'thread', repeats: true, summary: 'An ask that stays with you; may be repeated' }, ...FENCE },
    run: handOver,
  },
  resign: { summary: 'Stop leading', words: [], flags: { ...NOTES, ...FENCE }, run: resign },
  appoint: { summary: 'Have an orchestrator lead, as a person', words: ['peer'], run: appoint },
  note: { summary: 'Keep notes for your successor', words: ['text?'], flags: { file: fileFlag('text'), ...FENCE }, run: note },
  record: { summary: 'What was handed over, the last time or another', words: ['number?'], flags: CIRCLE, run: record },
  ...UPKEEP_ACTIONS,
}

export const command = family({
  name: 'orchestrator',
  about: [
    'Who leads a circle: one orchestrator at a time, by a lease that it keeps by being there; the others stand by, and one of them takes over when',
    'the leader is gone for a minute, hands over or resigns. What is open goes along, with a record and the notes that the leader kept.',
    "Its workspace is a folder with instructions, projects, memory, personas and skills: `init` makes one, and nobody's file is ever replaced unasked.",
  ],
  fallback: 'status',
  actions: ACTIONS,
  examples: [
    ['muster orchestrator status', 'who leads'],
    ['muster orchestrator claim', 'lead, if nobody does'],
    ['muster orchestrator note "The release waits for bob."', 'kept for whoever leads next'],
    ['muster orchestrator handover second --notes "Two reviews are owed."', 'hand over to a standby'],
    ['muster orchestrator appoint second', 'as a person or the administrator'],
    ['muster orchestrator record', 'what was handed over last'],
    ['muster orchestrator init ~/crew --name boss --person Eva', 'a workspace for the peer boss'],
    ['muster orchestrator diff', 'where its files differ from what Muster would write'],
    ['muster orchestrator upgrade --take AGENTS.md', 'the new one, with yours beside it as AGENTS.md.mine'],
  ],
})

async function status(invocation: Invocation): Promise<number> {
  const { leadership } = await asReader(invocation, (caller) => caller.call('orchestrators.status', circleOf(invocation, caller)))
  return tell(invocation, { leadership })
}

async function claim(invocation: Invocation): Promise<number> {
  const { leading, leadership, handover } = await asPeer(invocation, ({ call }) => call('orchestrators.claim', {}))
  return tell(invocation, { leading, leadership, handover })
}

async function handOver(invocation: Invocation): Promise<number> {
  const { flags, words, out } = invocation
  const [to] = words
  const keep = flags.all('keep').map((thread) => expectId(thread, ['thread']))
  const input = { keep, ...(to !== undefined && { to }), ...notesOf(invocation) }
  const { handover } = await asPeer(invocation, async ({ call }) => call('orchestrators.handover', { ...input, token: await tokenOf(invocation, call) }))
  if (out.json) out.document({ handover })
  else showHandover(out, handover)
  return EXIT.ok
}

async function resign(invocation: Invocation): Promise<number> {
  const notes = notesOf(invocation)
  const { leadership, handover } = await asPeer(invocation, async ({ call }) =>
    call('orchestrators.resign', { ...notes, token: await tokenOf(invocation, call) }),
  )
  return tell(invocation, { leadership, handover })
}

async function appoint(invocation: Invocation): Promise<number> {
  const [peer = ''] = invocation.words
  const { leadership, handover } = await asReader(invocation, ({ call }) => call('orchestrators.appoint', { peer }))
  return tell(invocation, { leadership, handover })
}

async function note(invocation: Invocation): Promise<number> {
  const { flags, words, out, environment } = invocation
  const text = await readBody({ word: words[0], file: flags.text('file'), what: 'text' }, environment)
  const { notes } = await asPeer(invocation, async ({ call }) => call('orchestrators.note', { notes: text, token: await tokenOf(invocation, call) }))
  if (out.json) out.document({ notes })
  else out.line('Kept for whoever leads next.')
  return EXIT.ok
}

async function record(invocation: Invocation): Promise<number> {
  const { words, out } = invocation
  const [word] = words
  if (word !== undefined && !/^[1-9]\d{0,8}$/.test(word))
    throw usageError(`"${word}" is no number of a record`, 'Expected a whole number; the last record is shown without one.')
  const number = { ...(word !== undefined && { number: Number(word) }) }
  const { handover, notes } = await asReader(invocation, (caller) => caller.call('orchestrators.record', { ...circleOf(invocation, caller), ...number }))
  if (out.json) out.document({ handover, notes })
  else if (handover) showHandover(out, handover)
  else out.note('Nothing was handed over yet.')
  if (!out.json && notes !== null) showNotes(out, `Kept since: ${notes}`)
  return EXIT.ok
}

/** The circle that is asked about. An administrator belongs to none, and means the first that there was. */
function circleOf({ flags }: Invocation, { hello }: Caller): { readonly circle?: string } {
  const circle = flags.text('circle') ?? (hello.you.kind === 'admin' ? MAIN_CIRCLE : undefined)
  return circle === undefined ? {} : { circle }
}

function notesOf({ flags }: Invocation): { readonly notes?: string } {
  const notes = flags.text('notes')
  return notes === undefined ? {} : { notes }
}

/** The token that was given, or the one that the caller holds. Who holds none says one that never was, and is told who leads. */
async function tokenOf({ flags }: Invocation, call: Caller['call']): Promise<string> {
  return flags.text('fence') ?? (await call('orchestrators.status', {})).leadership.token ?? '1'
}

function tell({ out }: Invocation, document: { readonly leadership: Leadership; readonly leading?: boolean; readonly handover?: Handover | null }): number {
  if (out.json) out.document({ ...document })
  else showLeadership(out, document.leadership)
  return EXIT.ok
}
